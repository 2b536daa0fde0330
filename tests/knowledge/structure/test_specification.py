from itertools import pairwise

import pytest

from coreagent.knowledge.documents.document import Specification
from coreagent.knowledge.documents.front_matter import Meta
from coreagent.knowledge.structure.specification import family, identify, version_key


def known(*, name: str = "file.txt", title: str = "", text: str = "", meta: Meta | None = None) -> tuple[str, str, str]:
    found = identify(name=name, title=title, text=text, meta=meta or {})
    return found.number, found.version, found.release


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("38331-h40.docx", ("TS 38.331", "17.4.0", "17")),
        ("rel18/23501-i30.zip!/23501-i30.docx", ("TS 23.501", "18.3.0", "18")),
        ("23.501-f00.pdf", ("TS 23.501", "15.0.0", "15")),
        ("38101-1-h50.docx", ("TS 38.101-1", "17.5.0", "17")),
        ("38901-g10.docx", ("TR 38.901", "16.1.0", "16")),
        ("28532-hz0.docx", ("TS 28.532", "17.35.0", "17")),
        ("24301-174000.docx", ("TS 24.301", "17.40.0", "17")),
        ("ts_138331v170400p.pdf", ("TS 38.331", "17.4.0", "17")),
        ("ts_13810101v170500p.pdf", ("TS 38.101-1", "17.5.0", "17")),
        ("TS 23.501 v18.1.0.pdf", ("TS 23.501", "18.1.0", "18")),
        ("TS_23.501_Release 17.pdf", ("TS 23.501", "", "17")),
        ("O-RAN.WG4.CUS.0-R003-v10.00.docx", ("O-RAN.WG4.CUS.0", "R003-v10.00", "R003")),
        ("O-RAN.WG2.A1AP-v03.01.docx", ("O-RAN.WG2.A1AP", "v03.01", "")),
        ("O-RAN.WG3.E2SM-KPM-R003-v03.00.pdf", ("O-RAN.WG3.E2SM-KPM", "R003-v03.00", "R003")),
        ("O-RAN.WG10.OAM-Architecture-R003-v11.00.00.docx", ("O-RAN.WG10.OAM-Architecture", "R003-v11.00.00", "R003")),
        ("rfc8345.txt", ("RFC 8345", "", "")),
        ("draft-ietf-teas-yang-te-36.txt", ("draft-ietf-teas-yang-te", "36", "")),
        ("T-REC-G.8275.1-202211-I!!PDF-E.pdf", ("ITU-T G.8275.1", "2022-11", "")),
        ("IEEE 1588-2019.pdf", ("IEEE 1588", "2019", "")),
        ("802.1CM-2018.pdf", ("IEEE 802.1CM", "2018", "")),
        ("NG.116-v7.0.pdf", ("NG.116", "7.0", "")),
        ("TMF641_Service_Ordering_API_v4.1.0.pdf", ("TMF641", "4.1.0", "")),
        ("ietf-interfaces@2018-02-20.yang", ("ietf-interfaces", "2018-02-20", "")),
        ("README.md", ("", "", "")),
        ("report-2023.pdf", ("", "", "")),
        ("20231-123.pdf", ("", "", "")),
        ("", ("", "", "")),
        ("notes on TS 23.501.md", ("", "", "")),
    ],
)
def test_a_file_name_tells_the_standard(name: str, expected: tuple[str, str, str]) -> None:
    assert known(name=name) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("# 3GPP TS 38.331 V17.4.0 (2023-03)", ("TS 38.331", "17.4.0", "17")),
        ("**3GPP TR 21.905 V3.3.0 (2001-12)**", ("TR 21.905", "3.3.0", "")),
        ("ETSI TS 138 331 V17.4.0 (2023-04)", ("TS 38.331", "17.4.0", "17")),
        ("ETSI TS 138 101-1 V17.5.0 (2022-05)", ("TS 38.101-1", "17.5.0", "17")),
        ("ETSI TS 103 859 V7.0.2 (2022-09)", ("ETSI TS 103 859", "7.0.2", "")),
        ("ETSI GS NFV 006 V4.4.1 (2022-12)", ("ETSI GS NFV 006", "4.4.1", "")),
        ("O-RAN.WG4.CUS.0-R003-v10.00", ("O-RAN.WG4.CUS.0", "R003-v10.00", "R003")),
        ("O-RAN.WG9.XHAUL.0-R003-v03.00", ("O-RAN.WG9.XHAUL.0", "R003-v03.00", "R003")),
        ("O-RAN.WG9.XHAUL.0-R003-v03.00 Technical Specification", ("O-RAN.WG9.XHAUL.0", "R003-v03.00", "R003")),
        ("O\u2011RAN.WG9.XHAUL.0\u2011R003\u2011v03.00  October 2023", ("O-RAN.WG9.XHAUL.0", "R003-v03.00", "R003")),
        ("ND-TS 7001 V2.1.0 (2026-02)", ("ND-TS 7001", "2.1.0", "")),
        ("**ND-IM 7002 Version 1.4**", ("ND-IM 7002", "1.4", "")),
        ("ND-TS 7001", ("", "", "")),
        ("ND-TS 7001 V2.1.0 replaces this document.", ("", "", "")),
        ("RU-7 V2.1.0", ("", "", "")),
        ("NE 8000 V8.10", ("", "", "")),
        ("Request for Comments: 8345          Huawei", ("RFC 8345", "", "")),
        ("    draft-ietf-teas-yang-te-36", ("draft-ietf-teas-yang-te", "36", "")),
        ("Recommendation ITU-T G.8275.1/Y.1369.1 (11/2022)", ("ITU-T G.8275.1", "2022-11", "")),
        ("IEEE Std 1588-2019", ("IEEE 1588", "2019", "")),
        ("TS 23.501 V17.4.0 is supported.", ("", "", "")),
        ("TS 23.501", ("", "", "")),
        ("See 3GPP TS 38.331 V17.4.0 (2023-03).", ("", "", "")),
        ("RFC 8345 defines topologies.", ("", "", "")),
        ("IEEE 1588 is used.", ("", "", "")),
    ],
)
def test_a_line_of_the_head_counts_when_it_is_about_nothing_else(line: str, expected: tuple[str, str, str]) -> None:
    assert known(text=f"\n{line}\n\nTechnical Specification\n") == expected


def test_only_the_head_of_the_text_counts() -> None:
    assert known(text="word\n" * 200 + "3GPP TS 38.331 V17.4.0 (2023-03)\n") == ("", "", "")


@pytest.mark.parametrize(
    ("title", "number"),
    [
        ("TS 23.501", "TS 23.501"),
        ("3GPP TS 23.501: System architecture", "TS 23.501"),
        ("TS 23.501 and what we make of it", ""),
        ("Comparison with TS 23.501", ""),
        ("IEEE Std 802.1CM-2018", "IEEE 802.1CM"),
        ("RFC 8345: A YANG data model for network topologies", "RFC 8345"),
    ],
)
def test_a_title_tells_the_standard(title: str, number: str) -> None:
    assert known(title=title)[0] == number


def test_what_one_place_leaves_open_another_gives() -> None:
    assert known(title="3GPP TS 38.331", name="38331-h40.docx") == ("TS 38.331", "17.4.0", "17")
    assert known(title="3GPP TS 36.331", text="3GPP TS 38.331 V17.4.0 (2023-03)")[0] == "TS 38.331"


def test_what_the_document_states_comes_first() -> None:
    meta = {"specification": "3GPP TS 38.331", "version": "16.1.0"}
    assert known(name="38300-h40.docx", meta=meta) == ("TS 38.331", "16.1.0", "")
    assert known(meta={"specification": "House rules", "version": "3"}) == ("House rules", "3", "")


def test_modules_and_interface_descriptions_go_by_their_own_name() -> None:
    api = known(name="TS29510_Nnrf_NFManagement.yaml", title="Nnrf_NFManagement", meta={"version": "1.2.0"})
    assert api == ("Nnrf_NFManagement", "1.2.0", "")
    meta: Meta = {"namespace": "urn:x", "version": "2018-02-20"}
    assert known(name="x.yang", title="module ietf-interfaces", meta=meta) == ("ietf-interfaces", "2018-02-20", "")
    assert known(name="notes.md", title="module one", meta={"version": "2"}) == ("", "", "")


@pytest.mark.parametrize(
    "versions",
    [
        ("", "3.3.0", "15.9.0", "16.0.0", "16.10.0"),
        ("v03.01", "v07.00", "R003-v10.00", "R003-v11.00", "R004-v16.01"),
        ("2018-02-20", "2022-11"),
        ("1.0.0-alpha.2", "1.0.0-rc1", "1.0.0-rc2", "1.0.0", "1.0.1"),
        ("03", "36"),
    ],
)
def test_versions_sort_from_old_to_new(versions: tuple[str, ...]) -> None:
    keys = [version_key(Specification(number="X", version=version)) for version in versions]
    assert all(older < newer for older, newer in pairwise(keys))


def test_a_family_holds_all_versions() -> None:
    def of(name: str) -> str:
        return family(identify(name=name, title="", text="", meta={}))

    assert of("38331-h40.docx") == of("ts_138331v160400p.pdf") == "TS 38.331"
    assert of("O-RAN.WG4.TS.CUS.0-R004-v16.01.docx") == of("O-RAN.WG4.CUS.0-v07.00.docx") == "O-RAN.WG4.CUS.0"
    assert of("README.md") == ""


@pytest.mark.parametrize("text", ["#" * 1_000_000, "TS " * 300_000, "( " * 300_000, "draft-" + "a-" * 300_000])
def test_hostile_heads_end_soon(text: str) -> None:
    assert known(text=text, title=text, name=text) == ("", "", "")
