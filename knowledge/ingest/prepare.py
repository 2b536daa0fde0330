"""One file, read, cut and looked through: the work of a worker."""

import os
from pathlib import Path, PurePosixPath

from coreagent.errors import DocumentError
from coreagent.knowledge.documents.decoding import storable
from coreagent.knowledge.documents.document import Document
from coreagent.knowledge.documents.front_matter import Meta, split_front_matter, texts
from coreagent.knowledge.documents.reading import MAX_FILE_MB, read_file
from coreagent.knowledge.store.prepared import Prepared
from coreagent.knowledge.store.writing import chunk_postings
from coreagent.knowledge.structure.chunking import divide, first_heading
from coreagent.knowledge.structure.harvest import harvest
from coreagent.knowledge.structure.language import detect
from coreagent.knowledge.structure.signature import signature
from coreagent.knowledge.structure.specification import identify
from coreagent.knowledge.structure.titles import title_of
from coreagent.labels import Sensitivity


def spelled(name: str) -> str:
    """A file name that is not valid Unicode can not be stored as text: its odd bytes are spelled out."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def stored_path(path: Path) -> str:
    """The path by which the store knows a file: without links, its odd bytes spelled out."""
    return spelled(os.path.realpath(path))


def read_document(path: Path, name: str = "", *, shown: str = "", max_mb: int = MAX_FILE_MB) -> Document:
    """Read one file. ``shown`` is the document's path where that is not the file's own, as for an archive's member.

    Raises:
        DocumentError: it can not be read, holds no text, or its front matter is wrong.
    """
    read = read_file(path, max_mb=max_mb)
    source = read.conversion
    # What a converter hands back may hold what a database can not; no offset moves.
    text, body_start = storable(source.text), 0
    meta: Meta = {
        storable(key): storable(value) if isinstance(value, str) else tuple(map(storable, value))
        for key, value in source.meta.items()
    }
    if source.grammar == "markdown" and read.format == "markdown":
        own, body_start = split_front_matter(text)
        meta = {**meta, **own}
    if not text[body_start:].strip():
        what = "there is no text below the front matter" if body_start else "it holds no text"
        raise DocumentError(what, path=str(path), mend="Write the article.")
    _check_label(meta, path)
    # The first heading of a workbook is the name of a sheet, that of slides the number of one: no titles of the whole.
    named = read.format not in ("xlsx", "pptx")
    heading = first_heading(text, source.grammar, body_start=body_start) if named else ""
    name = spelled(name or path.name)
    stated = " ".join(texts(meta, "title"))
    title = stated or storable(source.title) or heading or PurePosixPath(name).stem
    specification = identify(name=name, title=title, text=text, meta=meta)
    return Document(
        path=spelled(shown) or stored_path(path),
        name=name,
        title=stated or title_of(title, text=text, specification=specification),
        text=text,
        format=read.format,
        grammar=source.grammar,
        sha256=read.sha256,
        body_start=body_start,
        meta=meta,
        specification=specification,
        language=detect(text[body_start:]),
        pages=source.pages,
    )


def prepare(document: Document) -> Prepared:
    """Everything that the store needs of a document but the vectors."""
    clauses, chunks = divide(document.text, document.grammar, body_start=document.body_start)
    return Prepared(
        document=document,
        clauses=clauses,
        chunks=chunks,
        terms=harvest(document, clauses),
        signature=signature(document.text),
        postings=chunk_postings(document, chunks),
    )


def _check_label(meta: Meta, path: Path) -> None:
    for label in texts(meta, "label"):
        try:
            Sensitivity.parse(label)
        except ValueError as error:
            raise DocumentError(f"front matter: {error}", path=str(path), mend="Mend the label line.") from error
