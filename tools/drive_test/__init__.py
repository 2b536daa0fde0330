"""Diagnoses slow road sections from 5G drive tests: `diagnose(text)` reads the tables and names the cause.

Pure functions without input or output; the layers are `causes` < `tables` < `features` < `diagnose`.
"""

from coreagent.tools.drive_test.causes import (
    CANONICAL,
    Cause,
    CauseInfo,
    CauseOption,
    match_options,
    parse_options,
)
from coreagent.tools.drive_test.diagnose import CauseScore, DecisionTree, Diagnosis, Node, diagnose, load_tree
from coreagent.tools.drive_test.features import (
    Features,
    beam_width_deg,
    degraded_section,
    extract_features,
    haversine_m,
    total_tilt_deg,
)
from coreagent.tools.drive_test.tables import (
    DEFAULT_THRESHOLD_MBPS,
    Cell,
    DriveTest,
    DriveTestFormatError,
    Neighbour,
    Sample,
    parse_drive_test,
    parse_threshold_mbps,
)

__all__ = [
    "CANONICAL",
    "DEFAULT_THRESHOLD_MBPS",
    "Cause",
    "CauseInfo",
    "CauseOption",
    "CauseScore",
    "Cell",
    "DecisionTree",
    "Diagnosis",
    "DriveTest",
    "DriveTestFormatError",
    "Features",
    "Neighbour",
    "Node",
    "Sample",
    "beam_width_deg",
    "degraded_section",
    "diagnose",
    "extract_features",
    "haversine_m",
    "load_tree",
    "match_options",
    "parse_drive_test",
    "parse_options",
    "parse_threshold_mbps",
    "total_tilt_deg",
]
