"""Chunks become evidence: what a model is shown, and where it is cited from."""

from coreagent.answer import Citation, Evidence
from coreagent.knowledge.search.corpus_index import CorpusIndex
from coreagent.knowledge.store.rows import ChunkRow
from coreagent.labels import Label


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


def document_name(row: ChunkRow) -> str:
    """As it is cited: a standard's number and version before its title, unless the title says them."""
    number, version = row.specification.number, row.specification.version
    if not number or number in row.title:
        return row.title
    cited = f"{number} V{version}" if version[:1].isdigit() else f"{number} {version}".rstrip()
    return f"{cited}: {row.title}"


def evidence(index: CorpusIndex, row: ChunkRow, *, span: tuple[int, int], score: float) -> Evidence:
    """The span as evidence: corpora are data, so it is never trusted to give instructions."""
    start, end = span
    text = row.text
    if span != (row.start, row.end):
        text = index.store.spans(row.document_id, [span])[0] or row.text
        stripped = text.strip()
        start += text.find(stripped)
        text, end = stripped, start + len(stripped)
    elif row.context:
        text = f"{row.context}\n{text}"
    return Evidence(
        id=f"{index.corpus.name}:{row.slug}#{start}-{end}",
        text=text,
        citation=Citation(
            corpus=index.corpus.name,
            document=document_name(row),
            section=row.section,
            start=start,
            end=end,
            page=row.page,
        ),
        label=Label(row.label, trusted=False),
        score=score,
    )
