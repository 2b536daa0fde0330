"""One file, read, cut and looked through: the work of a worker."""

import os
from pathlib import Path

from coreagent.errors import DocumentError
from coreagent.knowledge.documents.document import Document
from coreagent.knowledge.documents.front_matter import Meta, split_front_matter, texts
from coreagent.knowledge.documents.reading import read_file, storable
from coreagent.knowledge.ingest.prepared import Prepared
from coreagent.knowledge.structure.chunking import chunk, first_heading
from coreagent.labels import Sensitivity


def read_document(path: Path, name: str = "") -> Document:
    """Read one file.

    Raises:
        DocumentError: it can not be read, holds no text, or its front matter is wrong.
    """
    source, digest = read_file(path)
    text, meta, body_start = source.text, source.meta, 0
    if source.grammar == "markdown":
        own, body_start = split_front_matter(text)
        meta = {**meta, **own}
    if not text[body_start:].strip():
        raise DocumentError("there is no text below the front matter", path=str(path), mend="Write the article.")
    _check_label(meta, path)
    heading = first_heading(text, source.grammar, body_start=body_start)
    return Document(
        path=storable(os.path.realpath(path)),
        name=storable(name or path.name),
        title=" ".join(texts(meta, "title")) or source.title or heading or path.stem,
        text=text,
        format=source.grammar,
        grammar=source.grammar,
        sha256=digest,
        body_start=body_start,
        meta=meta,
        pages=source.pages,
    )


def _check_label(meta: Meta, path: Path) -> None:
    for label in texts(meta, "label"):
        try:
            Sensitivity.parse(label)
        except ValueError as error:
            raise DocumentError(f"front matter: {error}", path=str(path), mend="Mend the label line.") from error


def prepare(document: Document) -> Prepared:
    """Clauses, chunks and terms of a document."""
    return Prepared(
        document=document,
        clauses=(),
        chunks=tuple(chunk(document.text, document.grammar, body_start=document.body_start)),
    )
