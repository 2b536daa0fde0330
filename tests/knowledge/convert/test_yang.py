from pathlib import Path

import pytest

from coreagent.errors import DocumentError
from coreagent.knowledge.documents.convert.yang.converter import convert
from coreagent.knowledge.documents.document import Conversion

MODULE = """
// a comment with a "quote
module acme-sync {
  yang-version 1.1;
  namespace "urn:acme:sync:1.0";
  prefix sync;
  import ietf-yang-types { prefix yang; revision-date 2013-07-15; }
  organization "Acme";
  description
    "Synchronization
     management. # no heading

     # Second paragraph";
  revision 2019-07-03 { description "first"; }
  revision "2023-04-10" { description "second"; }
  %s
}
"""


def read(tmp_path: Path, body: str = "", *, source: str = "") -> Conversion:
    path = tmp_path / "made.yang"
    path.write_text(source or MODULE % body, encoding="utf-8")
    return convert(path)


def test_the_module_says_what_it_is(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert found.title == "module acme-sync"
    assert found.meta == {"version": "2023-04-10", "namespace": "urn:acme:sync:1.0", "organization": "Acme"}
    assert found.text.startswith("# module acme-sync\n\n- namespace: urn:acme:sync:1.0\n- prefix: sync\n")
    assert "- import: ietf-yang-types (prefix yang), revision 2013-07-15" in found.text
    assert "Synchronization\nmanagement. # no heading\n\n\\# Second paragraph\n" in found.text
    assert "- revision 2023-04-10: second\n- revision 2019-07-03: first" in found.text


def test_nodes_are_headed_by_their_path_and_leaves_listed_with_their_facts(tmp_path: Path) -> None:
    body = """
    container interfaces { list interface { key "name";
        leaf name { type string { length "1..64"; pattern '[a-z]+' + "{3}"; } mandatory true; description "Its
            name."; }
        container state { config false;
          leaf mtu { type uint16 { range "68..9000"; } units octets; default 1500;
            must "../name != ''" { error-message "no name"; } }
          leaf-list peers { type leafref { path "/a/b"; } when "../mtu > 0"; } } } }
    """
    text = read(tmp_path, body).text
    assert "## container interfaces\n\n## list interfaces/interface\n\n- key name\n" in text
    assert "- `name` (type string [length 1..64; pattern [a-z]+{3}], mandatory): Its name." in text
    assert "## container interfaces/interface/state\n\n- config false\n" in text
    assert (
        "- `mtu` (type uint16 [range 68..9000], config false, units octets, default 1500,"
        " must `../name != ''` (no name))"
    ) in text
    assert "- `peers` (leaf-list, type leafref [path /a/b], config false, when `../mtu > 0`)" in text


def test_types_identities_choices_groupings_and_operations(tmp_path: Path) -> None:
    body = """
    identity clock { base yang:base; description "A clock."; }
    typedef lock { type enumeration { enum LOCKED { value 1; description "It is locked."; } enum FREERUN; } }
    grouping common { leaf id { type union { type string; type uint8; } } }
    container top { uses common { refine id { mandatory true; } }
      choice mode { case l2 { leaf mac { type string; } } container ip { leaf address { type string; } } } }
    rpc reset { input { leaf force { type boolean; } } output { leaf done { type empty; } } }
    notification changed { leaf state { type lock; } }
    augment "/if:interfaces/if:interface" { when "if:type = 'x'"; leaf speed { type uint32; } }
    """
    text = read(tmp_path, body).text
    assert "## identity clock\n\nA clock.\n\n- base yang:base" in text
    assert "## typedef lock\n\n- type enumeration\n- enum `LOCKED` (1): It is locked.\n- enum `FREERUN`" in text
    assert "- `id` (type union of string, uint8)" in text
    assert "- uses grouping `common`\n  - refine `id`: mandatory true" in text
    assert "- choice `mode`\n- case `l2`\n- `mac` (type string, in choice mode, case l2)" in text
    assert "## container top/ip\n" in text
    assert "## rpc reset\n\n## input reset/input\n\n- `force` (type boolean)" in text
    assert "## notification changed\n\n- `state` (type lock)" in text
    assert "## augment /if:interfaces/if:interface\n\n- when `if:type = 'x'`\n\n- `speed` (type uint32)" in text


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("module broken { leaf a { type string; }", "the file ends in the middle"),
        ("module broken { } }", "a closing brace too many"),
        ("Just words of a readme.", "the file ends in the middle"),
        ("<module/>", "the file ends in the middle"),
        ('module a { description "never closed; }', "unexpected"),
        ("/* never closed", "unexpected"),
        ("container top { }", "there is no module"),
        ("module a {" + " container a {" * 5_000 + "}" * 5_001, "nested deeper"),
    ],
)
def test_what_is_not_yang_becomes_text_with_a_note(tmp_path: Path, source: str, problem: str) -> None:
    found = read(tmp_path, source=source)
    assert found.grammar == "text"
    assert found.text == source
    assert problem in str(found.meta["note"])


def test_hostile_sources_end_soon(tmp_path: Path) -> None:
    for source in ('"' * 200_001, "'" * 100_001 + '"', "/*" * 100_000, "a" * 500_000, "{" * 100_000, "+ " * 100_000):
        assert read(tmp_path, source=source).grammar == "text"


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="is empty"):
        read(tmp_path, source=" \n")
