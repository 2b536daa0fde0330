from pathlib import Path

import pytest

from coreagent.errors import KnowledgeError
from coreagent.knowledge.glossary import Glossary, Term

GLOSSARY = Glossary(
    [
        Term(abbreviation="AMF", expansion="Access and Mobility Management Function"),
        Term(abbreviation="xApp", expansion="near-RT RIC application"),
        Term(abbreviation="AS", expansion="Access Stratum"),
        Term(abbreviation="AS", expansion="Autonomous System"),
        Term(abbreviation="DID", expansion="Direct Inward Dialling"),
    ]
)


@pytest.mark.parametrize("name", ["AMF", "amf", " Amf ", "access and mobility  management function", "AMFs"])
def test_lookup_goes_both_ways_whatever_the_case(name: str) -> None:
    assert [term.abbreviation for term in GLOSSARY.lookup(name)] == ["AMF"]


def test_one_abbreviation_may_stand_for_several_things() -> None:
    assert [term.expansion for term in GLOSSARY.lookup("AS")] == ["Access Stratum", "Autonomous System"]


def test_near_matches_help_with_misspellings() -> None:
    assert GLOSSARY.near("Acces and Mobility Managment Function")[0].abbreviation == "AMF"
    assert GLOSSARY.near("zzzz") == () and GLOSSARY.lookup("zzzz") == ()


def test_only_words_written_as_abbreviations_are_expanded() -> None:
    assert GLOSSARY.expand("What do AMFs and an xApp do?") == (
        "Access and Mobility Management Function",
        "near-RT RIC application",
    )
    assert GLOSSARY.expand("Did it work as planned?") == ()
    assert "Autonomous System" in GLOSSARY.expand("Which AS announces it?")


def test_a_missing_file_is_empty_and_a_broken_one_is_named(tmp_path: Path) -> None:
    assert Glossary.load(tmp_path / "none.toml").terms == ()
    path = tmp_path / "glossary.toml"
    for text in ("[[term", "[[term]]\nabbreviation = 'X'\n", "term = 3\n"):
        path.write_text(text)
        with pytest.raises(KnowledgeError, match="not a glossary"):
            Glossary.load(path)


def test_the_bundled_glossary_is_sound() -> None:
    assert all(term.abbreviation and term.expansion for term in Glossary.load().terms)
