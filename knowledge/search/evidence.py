"""Chunks become evidence: what a model is shown, and where it is cited from."""

from coreagent.answer import Citation, Evidence
from coreagent.knowledge.store.rows import ChunkRow, CorpusRow
from coreagent.knowledge.store.store import Store
from coreagent.labels import Label


def span_of(row: ChunkRow, *, context: int) -> tuple[int, int]:
    """Character span to show: the chunk, or its clause where ``context`` is positive, at most that many characters.

    Of a longer clause, the chunk with what lies around it; the clause's heading is never lost for what follows.
    """
    start, end = row.clause_start, row.clause_end
    if context <= row.end - row.start or row.clause_id == 0:
        return row.start, row.end
    if end - start <= context:
        return min(start, row.start), max(end, row.end)
    spare = context - (row.end - row.start)
    before = min(row.start - start, spare // 2)
    after = min(end - row.end, spare - before)
    before = min(row.start - start, spare - after)
    return row.start - max(before, 0), row.end + max(after, 0)


def document_name(row: ChunkRow) -> str:
    """As it is cited: a standard's number and version before its title, unless the title says them."""
    number, version = row.specification.number, row.specification.version
    if not number or number in row.title:
        return row.title
    cited = f"{number} V{version}" if version[:1].isdigit() else f"{number} {version}".rstrip()
    return f"{cited}: {row.title}"


def evidence(store: Store, corpus: CorpusRow, row: ChunkRow, *, span: tuple[int, int], score: float) -> Evidence:
    """The span as evidence: corpora are data, so it is never trusted to give instructions."""
    start, end = span
    text = row.text
    if span != (row.start, row.end):
        text = store.spans(row.document_id, [span])[0] or row.text
        stripped = text.strip()
        start += text.find(stripped)
        text, end = stripped, start + len(stripped)
    elif row.context:
        text = f"{row.context}\n{text}"
    return Evidence(
        id=f"{corpus.name}:{row.slug}#{start}-{end}",
        text=text,
        citation=Citation(
            corpus=corpus.name,
            document=document_name(row),
            section=row.section,
            start=start,
            end=end,
            page=row.page,
        ),
        label=Label(row.label, trusted=False),
        score=score,
    )
