from pathlib import Path

import pytest

from coreagent.agents.profile import Profiles, parse_profile, strict_rules
from coreagent.errors import SettingsError
from coreagent.plans import ROLES


def test_every_role_has_a_default_that_states_its_limits() -> None:
    profiles = Profiles.load()
    for role in ROLES:
        assert profiles.choose(role).domain == ""
    for profile in profiles.all():
        assert "You do not:" in profile.text and "You hand over:" in profile.text


def test_the_most_specific_wins(tmp_path: Path) -> None:
    (tmp_path / "own.md").write_text("---\nrole: planner\ndomain: o-ran/fronthaul\nname: Mine\n---\nBe brief.\n")
    profiles = Profiles.load(tmp_path)
    assert profiles.choose("planner", "O-RAN/fronthaul").name == "Mine"
    assert profiles.choose("planner", "o-ran/other").domain == "o-ran"
    assert profiles.choose("planner", "cooking").domain == ""
    assert Profiles([]).choose("caller").text == ""


def test_strict_rules_stand_beside_every_profile_of_their_role(tmp_path: Path) -> None:
    profiles = Profiles.load()
    for role in ROLES:
        assert "before every other" in profiles.strict(role) == strict_rules(role)
        assert profiles.strict(role) != profiles.choose(role).text
    assert "`REFUSED:`" in profiles.strict("summarizer")
    assert {profile.conduct for profile in profiles.all()} == {"", "strict"}
    (tmp_path / "own.md").write_text("---\nrole: planner\nconduct: strict\nname: Mine\n---\nPlan nothing.\n")
    assert Profiles.load(tmp_path).strict("planner") == "Plan nothing."
    assert Profiles([]).strict("planner") == ""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Be brief.", "no front matter"),
        ("---\nrole: planner\nname: x\n", "no front matter"),
        ("---\nrole: boss\nname: x\n---\nb", "role"),
        ("---\nrole: planner\n---\nb", "name"),
        ("---\nrole: planner\nname: x\ncolour: red\n---\nb", "own.md:4: colour"),
        ("---\nrole: planner\nrole: caller\nname: x\n---\nb", "twice"),
        ("---\nrole: planner\nname: x\n---\n", "no text"),
        ("---\nrole: planner\nconduct: lax\nname: x\n---\nb", "conduct: 'lax'"),
        ("---\nrole: planner\ndomain: ip\nconduct: strict\nname: x\n---\nb", "no domain"),
    ],
)
def test_faults_are_named(text: str, problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        parse_profile(text, path="own.md")


def test_files_that_can_not_be_read(tmp_path: Path) -> None:
    broken = tmp_path / "x.md"
    broken.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="can not be read"):
        Profiles.load(broken)
    with pytest.raises(SettingsError, match="can not be read"):
        Profiles.load(tmp_path / "none.md")
