"""Which of several copies of a passage is shown."""

import pytest

from coreagent.knowledge.documents.document import Specification
from coreagent.knowledge.search.collapse import Group, collapse
from coreagent.knowledge.store.rows import ChunkRow
from coreagent.labels import Sensitivity

TEXT = "The unit raises alarm 7031 when three heartbeats in a row have not arrived."


def row(number: int, *, form: str = "markdown", version: str = "", slug: str = "", text: str = TEXT) -> ChunkRow:
    return ChunkRow(
        id=number,
        document_id=number,
        slug=slug or f"doc-{number}",
        title="Alarms",
        format=form,
        specification=Specification(number="TS 1" if version else "", version=version),
        section="",
        start=0,
        end=len(text),
        text=text,
        kind="text",
        context="",
        label=Sensitivity.PUBLIC,
        meta={},
        page=0,
        clause_id=0,
        clause_number="",
        clause_start=0,
        clause_end=len(text),
    )


@pytest.mark.parametrize(
    ("worse", "better"),
    [("text", "html"), ("html", "pdf"), ("pdf", "xlsx"), ("pdf", "pptx"), ("pptx", "docx"), ("pdf", "markdown")],
)
def test_of_copies_the_one_with_the_best_text_is_shown(worse: str, better: str) -> None:
    assert collapse([row(1, form=worse), row(2, form=better)], limit=5) == (Group(shown=1, hidden=(0,)),)


def test_of_equals_the_best_hit_is_shown() -> None:
    assert collapse([row(1, form="docx"), row(2, form="yang")], limit=5) == (Group(shown=0, hidden=(1,)),)


def test_a_newer_version_comes_before_a_better_format() -> None:
    rows = [row(1, form="docx", version="1.0"), row(2, form="pdf", version="2.0")]
    assert collapse(rows, limit=5) == (Group(shown=1, hidden=(0,)),)
    rows = [row(1, form="docx", slug="manual-1.0"), row(2, form="html", slug="manual-1.1")]
    assert collapse(rows, limit=5)[0].shown == 1


def test_other_passages_stay_apart() -> None:
    other = row(2, form="docx", text="Use a 16 A breaker for each unit.")
    assert collapse([row(1, form="text"), other], limit=5) == (Group(shown=0), Group(shown=1))
    assert collapse([row(1), other], limit=1) == (Group(shown=0),)
