import pytest

from coreagent.knowledge.documents.document import Specification
from coreagent.knowledge.structure.titles import title_of

TS = Specification(number="TS 38.331", version="17.4.0", release="17")
GROUP = "3rd Generation Partnership Project;\n\nTechnical Specification Group Radio Access Network;\n\n"


@pytest.mark.parametrize(
    "cover",
    [
        f"3GPP TS 38.331 V17.4.0 (2023-03)\n\nTechnical Specification\n\n{GROUP}NR;\n\nRRC protocol\n\n(Release 17)\n",
        "| 3GPP TS 38.331 V17.4.0 |\n| 3rd Generation Partnership Project; Technical Specification Group RAN; **NR**; "
        "RRC protocol (Release 17) |\n",
        "ETSI TS 138 331 V17.4.0 (2023-04)\n\nTECHNICAL SPECIFICATION\n\nNR;\nRRC protocol\n"
        "(3GPP TS 38.331 version 17.4.0 Release 17)\n",
    ],
)
def test_a_cover_gives_the_title(cover: str) -> None:
    assert title_of("1 Scope", text=cover, specification=TS) == "NR; RRC protocol"


@pytest.mark.parametrize(
    "cover",
    [
        "O-RAN.WG9.XHAUL.0-R003-v03.00\n\nTechnical Specification\n\nO-RAN Open Xhaul Transport Working Group 9\n\n"
        "Xhaul Packet Switched Architectures\nand Solutions\n\nCopyright © 2023 by the O-RAN ALLIANCE e.V.\n",
        "**O-RAN Work Group 9 (Open X-haul Transport)** Xhaul Packet Switched Architectures and Solutions\n\n"
        "This is a re-published version of the attached final specification.\n",
    ],
)
def test_the_cover_of_o_ran_gives_the_title(cover: str) -> None:
    oran = Specification(number="O-RAN.WG9.XHAUL.0", version="R003-v03.00", release="R003")
    assert title_of("Contents", text=cover, specification=oran) == "Xhaul Packet Switched Architectures and Solutions"
    assert title_of("Contents", text="Work done.", specification=oran) == "O-RAN.WG9.XHAUL.0"


@pytest.mark.parametrize(
    ("below", "title"),
    [
        ("Transport of the X-haul\n\n# 1 Introduction\n", "Transport of the X-haul"),
        ("Technical Specification\n\nTransport of the X-haul\n", "Transport of the X-haul"),
        ("# 1 Introduction\n\nThe network carries traffic.\n", "ND-TS 7001"),
        ("The present document says how.\n", "ND-TS 7001"),
        ("Contents\n", "ND-TS 7001"),
        ("", "ND-TS 7001"),
    ],
)
def test_below_the_number_stands_the_title(below: str, title: str) -> None:
    own = Specification(number="ND-TS 7001", version="2.1.0")
    assert title_of("1 Introduction", text=f"ND-TS 7001 V2.1.0 (2026-02)\n\n{below}", specification=own) == title
    assert title_of("Manual", text=f"ND-TS 7001 V2.1.0 (2026-02)\n\n{below}", specification=own) == "Manual"


@pytest.mark.parametrize("found", ["1 Scope", "Foreword", "3.1 Terms", "Contents"])
def test_the_first_clauses_heading_is_no_title_of_a_standard(found: str) -> None:
    assert title_of(found, text="# 1 Scope\n\nText (Release 17).\n", specification=TS) == "TS 38.331"


def test_any_other_title_stays() -> None:
    assert title_of("RRC protocol", text="Text.", specification=TS) == "RRC protocol"
    assert title_of("1 Scope", text=f"{GROUP}NR (Release 17)", specification=Specification()) == "1 Scope"


@pytest.mark.parametrize(
    "text", ["(" * 100_000, "Technical Specification Group " * 5_000, "|" * 100_000, " " * 100_000]
)
def test_hostile_covers_end_soon(text: str) -> None:
    assert title_of("Title", text=text, specification=TS) == "Title"
    assert title_of("Title", text=f"O-RAN {text}", specification=Specification(number="O-RAN.WG1.X")) == "Title"
