"""Chunks become evidence: what a model is shown, and where it is cited from."""

import re

from coreagent.answer import Citation, Evidence
from coreagent.knowledge.documents.document import Specification
from coreagent.knowledge.search.corpus_index import CorpusIndex
from coreagent.knowledge.store.rows import ChunkRow
from coreagent.labels import Label

_BREAKS = tuple(map(re.compile, (r"\n\s*\n", r"(?<=[.!?])\s+|(?<=[。！？])", r"\n", r"\s+")))
"""Where a paragraph, a sentence, a line, a word ends."""


def span_of(row: ChunkRow, *, context: int) -> tuple[int, int]:
    """Character span to show: the chunk, or its clause where ``context`` is positive, at most that many characters.

    Of a longer clause, the chunk with what lies before and behind it.
    """
    start, end = row.clause_start, row.clause_end
    if context <= row.end - row.start or row.clause_id == 0:
        return row.start, row.end
    if end - start <= context:
        return min(start, row.start), max(end, row.end)
    # A chunk may begin above its clause, with the headings that the clause stands under.
    most_before, most_after = max(0, row.start - start), max(0, end - row.end)
    spare = context - (row.end - row.start)
    after = min(most_after, max(spare // 2, spare - most_before))
    return row.start - min(most_before, spare - after), row.end + after


def _whole(text: str, row: ChunkRow, *, span: tuple[int, int]) -> tuple[int, str]:
    """The text from the first paragraph, else sentence, line or word that begins before the chunk, and where it starts.

    It goes to the last sentence, or else word, that ends within it.
    The chunk itself is never cut.
    """
    before, behind = row.start - span[0], row.end - span[0]
    first, last = 0, len(text)
    if before > 0 and span[0] != row.clause_start:
        first = next((found.end() for form in _BREAKS if (found := form.search(text, 0, before))), before)
    if last > behind and span[1] != row.clause_end:
        ends = [found.start() for form in _BREAKS[:2] for found in form.finditer(text, behind)]
        last = max(ends, default=max(text.rfind(" ", behind), behind))
    kept = text[first:last]
    return span[0] + first + len(kept) - len(kept.lstrip()), kept.strip()


def cited_name(title: str, specification: Specification) -> str:
    """A document as it is cited: a standard's number and version before its title, unless the title says them."""
    number, version = specification.number, specification.version
    if not number or number in title:
        return title
    cited = f"{number} V{version}" if version[:1].isdigit() else f"{number} {version}".rstrip()
    return f"{cited}: {title}"


def evidence(index: CorpusIndex, row: ChunkRow, *, span: tuple[int, int], score: float) -> Evidence:
    """The span as evidence: corpora are data, so it is never trusted to give instructions."""
    start, end = span
    text = row.text
    if span != (row.start, row.end):
        start, text = _whole(index.store.spans(row.document_id, [span])[0] or row.text, row, span=span)
        end = start + len(text)
    elif row.context:
        text = f"{row.context}\n{text}"
    return Evidence(
        id=f"{index.corpus.name}:{row.slug}#{start}-{end}",
        text=text,
        citation=Citation(
            corpus=index.corpus.name,
            document=cited_name(row.title, row.specification),
            section=row.section,
            start=start,
            end=end,
            page=row.page,
        ),
        label=Label(row.label, trusted=False),
        score=score,
    )
