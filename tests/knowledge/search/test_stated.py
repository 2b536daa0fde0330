"""What the documents of corpora say that a term stands for, and where."""

from pathlib import Path

import pytest

from coreagent.errors import UnknownNameError
from coreagent.knowledge.library import Library
from coreagent.labels import Sensitivity

UNIT = """# RU-7 supervision

## 1 Scope

The FHGW supervises the unit. HBS is a kind of heartbeat supervision that the Fronthaul Gateway does.

## 2 Definitions

**guard period:** time after a restart in which no alarm is raised

## 3 Abbreviations

| Short | Long |
|---|---|
| FHGW | Fronthaul Gateway |
| HBS | Heartbeat Supervision |
"""
SECRET = "# Plans\n\nThe Harbour Backup Site (HBS) is built in June.\n"


@pytest.fixture
def site(library: Library, tmp_path: Path) -> Library:
    for corpus, text in (("site", UNIT), ("plans", SECRET)):
        file = tmp_path / f"{corpus}.md"
        file.write_text(text, encoding="utf-8")
        label = Sensitivity.CONFIDENTIAL if corpus == "plans" else None
        library.add([file], name=corpus, label=label)
    return library


async def test_a_term_comes_with_the_passage_that_states_it(site: Library) -> None:
    (found,) = await site.define("FHGW", corpora=("site",))
    assert found.term.expansion == "Fronthaul Gateway"
    assert str(found.evidence.citation) == 'site, "RU-7 supervision" § 3 Abbreviations'
    assert "Fronthaul Gateway" in found.evidence.text
    assert not found.evidence.label.trusted


async def test_either_way_and_in_any_case(site: Library) -> None:
    for name in ("fhgw", "FHGWs", "fronthaul gateway"):
        assert [one.term.abbreviation for one in await site.define(name)] == ["FHGW"]
    assert await site.define("XYZ") == ()


async def test_a_definition_is_found_by_its_words(site: Library) -> None:
    (found,) = await site.define("guard period")
    assert found.term.meaning.startswith("time after a restart")
    assert "2 Definitions" in found.evidence.citation.section


async def test_only_the_given_corpora_are_asked_and_labels_travel(site: Library) -> None:
    assert [one.term.expansion for one in await site.define("HBS", corpora=("site",))] == ["Heartbeat Supervision"]
    found = await site.define("HBS", corpora=("plans", "site"))
    assert [one.term.expansion for one in found] == ["Harbour Backup Site", "Heartbeat Supervision"]
    assert [one.evidence.label.sensitivity for one in found] == [Sensitivity.CONFIDENTIAL, Sensitivity.PUBLIC]
    with pytest.raises(UnknownNameError, match="sitee"):
        await site.define("HBS", corpora=("sitee",))


async def test_a_meaning_that_many_documents_state_comes_first_and_once(library: Library, tmp_path: Path) -> None:
    docs = tmp_path / "more"
    docs.mkdir()
    (docs / "a.md").write_text(SECRET, encoding="utf-8")
    for name in ("b", "c"):
        (docs / f"{name}.md").write_text(f"# {name}\n\nIts Heartbeat Supervision (HBS) is on.\n", encoding="utf-8")
    library.add([docs], name="many")
    found = await library.define("HBS")
    assert [one.term.expansion for one in found] == ["Heartbeat Supervision", "Harbour Backup Site"]


async def test_the_primer_states_nothing_of_its_own(library: Library) -> None:
    assert await library.define("AMF") == ()
    assert await library.define("AMF", corpora=("primer",)) == ()
