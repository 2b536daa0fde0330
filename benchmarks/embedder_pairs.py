"""Training text of the bundled embedder, as pairs of a query and a passage that belong together.

From licensed documentation (``rag_corpora`` of the data folder), the bundled primer and the bundled glossary; from no
benchmark. Its own small splitter, not the library's: the pairs must stay the same when the library's chunks change.
"""

import gzip
import hashlib
import json
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from coreagent.knowledge.glossary import Term, bundled_glossary

ARTICLES = Path(__file__).resolve().parents[1] / "knowledge" / "primer"
_PASSAGE_CHARACTERS = 700
_LEAST_CHARACTERS = 80
_LEFT_OUT = ("sierra-research/tau2-bench",)
"""A benchmark's policy documents: how its tasks are solved."""
_PARTS = 10
_HELD_OUT = ("magma/magma/", "opennetworkinglab/aether-docs/")
_FENCE = re.compile(r"^\s*(```|~~~)")
_UNDERLINE = re.compile(r"^([=\-~^\"'#*+.`])\1{2,}\s*$")
_MARKUP = (
    (re.compile(r"<!--.*?-->", re.DOTALL), " "),
    (re.compile(r"\A---\n.*?\n---\n", re.DOTALL), ""),
    (re.compile(r"!?\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"`([^`<]*)<[^>]*>`_+"), r"\1"),
    (re.compile(r":[a-z]+:`([^`]*)`"), r"\1"),
    (re.compile(r"\{\{.*?\}\}"), " "),
    (re.compile(r"<[^>\n]{1,200}>"), " "),
    (re.compile(r"^\.\. [^\n]*$", re.MULTILINE), ""),
    (re.compile(r"[*`|]|_{2,}|={3,}|-{3,}"), " "),
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_DEFINED = re.compile(
    r"((?:[A-Z][\w/-]*[ -](?:(?:and|of|for|the|to) )?){1,6}?[A-Z]?[\w/-]+) \(([A-Z][A-Za-z0-9/-]{1,9})\)"
)
_ASKED = ("{}", "{}", "what is {}?", "what does {} mean?", "how does {} work?", "describe {}", "tell me about {}")
_TOPIC = ("{}", "{}", "{}", "how to: {}", "what about {}?", "question about {}", "explain {}")


@dataclass(frozen=True, slots=True)
class Passage:
    """Some paragraphs of one section; ``headings`` from the document's title down."""

    document: str
    headings: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A query and a passage that belongs to it.

    ``document`` decides the split. ``whole`` is the passage before the query was taken out of it: what a teacher reads.
    """

    kind: str
    document: str
    query: str
    passage: str
    whole: str


def held_out(document: str) -> bool:
    """Whether a document is among those that recipes are chosen on.

    Two whole projects, since a user's documents come from none of those trained on; of the primer's articles and the
    glossary's terms, a tenth.
    """
    if document.startswith(("primer/", "glossary/")):
        return hashlib.sha256(document.encode()).digest()[0] % _PARTS == 0
    return document.startswith(_HELD_OUT)


def _clean(text: str) -> str:
    for pattern, new in _MARKUP:
        text = pattern.sub(new, text)
    return text


def _sections(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Heading path and body; ``#`` headings, and lines underlined by punctuation in order of first use."""
    path: list[str] = []
    body: list[str] = []
    styles: list[str] = []
    fenced = False
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if _FENCE.match(line):
            fenced = not fenced
        following = lines[at + 1] if at + 1 < len(lines) else ""
        mark = re.match(r"(#{1,6})\s+(\S.*)", line) if not fenced else None
        under = _UNDERLINE.match(following) if line.strip() and not fenced and not _UNDERLINE.match(line) else None
        if under and len(following.strip()) >= min(4, len(line.strip())) and len(line) < 120 and "|" not in line:
            if under[1] not in styles:
                styles.append(under[1])
            level, name = styles.index(under[1]) + 1, line.strip()
        elif mark:
            level, name = len(mark[1]), mark[2].strip(" #")
        else:
            body.append(line)
            continue
        yield tuple(path), "\n".join(body)
        path = [*path[: level - 1], " ".join(_clean(name).split())]
        body = []
    yield tuple(path), "\n".join(body)


def passages(document: str, text: str) -> Iterator[Passage]:
    """Paragraphs of each section, joined up to about 700 characters; headings are left out of the text."""
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    for headings, body in _sections(text):
        held = ""
        for paragraph in [*re.split(r"\n\s*\n", _clean(body)), ""]:
            flat = " ".join(paragraph.split())
            if held and (not flat or len(held) + len(flat) > _PASSAGE_CHARACTERS) and _readable(held):
                yield Passage(document, headings, held[: 2 * _PASSAGE_CHARACTERS])
                held = ""
            held = f"{held} {flat}".strip()
        if _readable(held):
            yield Passage(document, headings, held[: 2 * _PASSAGE_CHARACTERS])


def _readable(text: str) -> bool:
    return len(text) >= _LEAST_CHARACTERS and sum(c.isalpha() or c == " " for c in text) > 0.7 * len(text)


def documentation_passages(data: Path) -> list[Passage]:
    """Passages of the documentation, each text once; generated command pages (three and more alike) are thinned."""
    lines = gzip.decompress((data / "rag_corpora" / "docs.jsonl.gz").read_bytes()).decode("utf-8").split("\n")
    seen: dict[str, int] = {}
    out: list[Passage] = []
    for line in filter(None, lines):
        row = json.loads(line)
        if Path(row["path"]).suffix not in {".md", ".rst", ".txt"} or row["source"] in _LEFT_OUT:
            continue
        for passage in passages(f"{row['source']}/{row['path']}", row["text"]):
            key = passage.text[:60]
            seen[key] = seen.get(key, 0) + 1
            if seen[key] <= 2:
                out.append(passage)
    return out


def primer_passages() -> list[Passage]:
    """Passages of the bundled primer."""
    files = sorted(ARTICLES.glob("*.md"))
    return [p for file in files for p in passages(f"primer/{file.stem}", file.read_text(encoding="utf-8"))]


def _passage_pairs(found: Iterable[Passage], draw: random.Random) -> Iterator[Pair]:
    before: Passage | None = None
    for passage in found:
        document, text = passage.document, passage.text
        if passage.headings:
            leaf, root = passage.headings[-1], passage.headings[0]
            name = leaf if leaf == root or draw.random() < 0.5 else f"{root}: {leaf}"
            yield Pair("heading", document, draw.choice(_TOPIC).format(name), text, text)
        sentences = [s for s in _SENTENCE.split(text) if 40 <= len(s) <= 300]
        for sentence in draw.sample(sentences, min(2 if document.startswith("primer/") else 1, len(sentences))):
            rest = text.replace(sentence, " ", 1)
            if len(rest) >= _LEAST_CHARACTERS:
                yield Pair("sentence", document, sentence, rest, text)
        if before and before.document == document and before.headings == passage.headings:
            yield Pair("neighbour", document, before.text, text, text)
        for match in _DEFINED.finditer(text):
            full, short = match[1], match[2]
            if _spells(short, full):
                yield Pair("acronym", document, draw.choice(_ASKED).format(f"{short} {full}"), text, text)
                yield Pair("acronym", document, draw.choice(_ASKED).format(short), text, text)
        before = passage


def _spells(short: str, full: str) -> bool:
    letters = iter(full.lower())
    return full[:1].lower() == short[:1].lower() and all(c in letters for c in short.lower() if c.isalpha())


def _term_pairs(terms: Iterable[Term], found: list[Passage], draw: random.Random) -> Iterator[Pair]:
    for term in terms:
        document, short, full = f"glossary/{term.abbreviation}", term.abbreviation, term.expansion
        asked = (short, f"{short} {full}", full)
        told = (f"{full} ({short}): {term.meaning}", term.meaning or full, f"{short}. {term.meaning}")
        yield Pair("expansion", document, short, full, full)
        for query, meaning in zip(asked, told, strict=True):
            yield Pair("term", document, draw.choice(_ASKED).format(query), meaning, meaning)
        word = re.compile(rf"(?<![\w-]){re.escape(short)}(?![\w-])")
        naming = [p for p in found if short in p.text and word.search(p.text)]
        for passage in draw.sample(naming, min(4, len(naming))):
            text = passage.text
            yield Pair("naming", passage.document, draw.choice(_ASKED).format(full), text, text)
            around = [s for s in _SENTENCE.split(text) if word.search(s) and 40 <= len(s) <= 400]
            if around:
                sentence = draw.choice(around)
                query = draw.choice(_ASKED).format(f"{short} {full}")
                yield Pair("naming", passage.document, query, sentence, sentence)


def training_pairs(data: Path, *, seed: int) -> list[Pair]:
    """All pairs, in an order that depends on the seed alone."""
    draw = random.Random(seed)
    documentation, primer = documentation_passages(data), primer_passages()
    pairs = [
        *_passage_pairs(documentation, draw),
        *_passage_pairs(primer, draw),
        *_term_pairs(bundled_glossary().terms, [*primer, *documentation], draw),
    ]
    unique = list(dict.fromkeys(pair for pair in pairs if pair.query.strip() and pair.passage.strip()))
    draw.shuffle(unique)
    return unique
