import json

import pytest

from coreagent.errors import ToolArgumentsError
from coreagent.tools.diagnose_drive_test import diagnose_drive_test
from coreagent.tools.registry import ToolRegistry
from coreagent.tools.tool import ToolContext

HEADING = (
    "Timestamp|Longitude|Latitude|GPS Speed (km/h)|Serving PCI|Serving SS-RSRP [dBm]|Serving SS-SINR [dB]"
    "|MAC DL Throughput [Mbps]|Neighbor Top 1 PCI|Neighbor Top 1 BRSRP [dBm]|DL RB Num"
)
RATES_MBPS = (900, 950, 910, 300, 310, 290, 305, 930, 905, 940)
ROWS = [
    f"2031-01-01 08:00:{n:02d}|10.0|{50 + n * 1e-5:.6f}|{62 if rate < 600 else 20}|1|-80|9.5|{rate}|2|-95|200"
    for n, rate in enumerate(RATES_MBPS)
]
SAMPLES = "\n".join([HEADING, *ROWS])
CELLS = """
gNodeB ID|Cell ID|Longitude|Latitude|Mechanical Azimuth|Mechanical Downtilt|Digital Tilt|Beam Scenario|Height|PCI
A|1|10.0|50.001|0|5|255|DEFAULT|20.0|1
A|2|10.0|50.001|120|3|4|SCENARIO_7|20.0|2
"""
OPTIONS = """
C1: Fewer than 160 PRBs are scheduled on average.
C2: The terminal ping-pongs: too many hand-overs.
C3: The car is driven faster than 40 km/h.
"""


async def test_finding_carries_the_label_of_the_question() -> None:
    registry = ToolRegistry([diagnose_drive_test])
    arguments = registry.validate(
        "diagnose_drive_test", json.dumps({"table_text": f"Why?\n{OPTIONS}\n{SAMPLES}\n{CELLS}"})
    )
    context = ToolContext(run_id="r", call_id="c", idempotency_key="k")
    result = await registry.get("diagnose_drive_test").run(arguments, context)
    assert result.text.startswith("The root cause is C3: The test vehicle drives faster than 40 km/h. Evidence: ")
    assert "62 km/h" in result.text
    assert (result.data["label"], result.data["cause"]) == ("C3", "speed")
    assert sum(item["probability"] for item in result.data["causes"]) == pytest.approx(1)
    assert result.evidence[0].text == result.text
    assert result.evidence[0].citation.section == "decision tree over drive-test measurements"


def test_without_options_the_cause_is_named() -> None:
    assert diagnose_drive_test(f"{SAMPLES}\n{CELLS}").label == "speed"


@pytest.mark.parametrize("text", ["no tables here", "|" * 10_000, "\x00", "a|b|c\n" * 2000, SAMPLES])
def test_text_without_both_tables_is_refused(text: str) -> None:
    with pytest.raises(ToolArgumentsError) as caught:
        diagnose_drive_test(text)
    assert "both tables" in caught.value.mend
