"""The eight canonical causes of a slow road section, and how a text's own list of causes maps onto them.

Texts renumber, reorder and paraphrase their candidate causes, so a label such as "C6" means nothing by
itself: each offered wording is scored against the keywords of every canonical cause, and the pairs with the
highest scores win.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

__all__ = ["CANONICAL", "Cause", "CauseInfo", "CauseOption", "match_options", "parse_options"]

_MAX_OPTIONS = 64
_MAX_OPTION_CHARS = 400
_MIN_SCORE = 2.0  # one strong keyword, or two weak ones


class Cause(Enum):
    """The canonical causes, named by what is wrong rather than by a number."""

    DOWNTILT = "downtilt"
    OVERSHOOT = "overshoot"
    BETTER_NEIGHBOUR = "better_neighbour"
    OVERLAP = "overlap"
    HANDOVERS = "handovers"
    PCI_MOD_30 = "pci_mod_30"
    SPEED = "speed"
    RESOURCE_BLOCKS = "resource_blocks"


@dataclass(frozen=True, slots=True)
class CauseOption:
    """A candidate cause as the text offers it: its label and its wording."""

    label: str
    wording: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseInfo:
    """What is fixed about a cause.

    Attributes:
        explanation: Why this cause slows the section, in one sentence.
        evidence: Sentence templates over the fields of `Features`, each used when its fields are known.
        keywords: Patterns over lower-case wording, each with the points it is worth.
    """

    explanation: str
    evidence: tuple[str, ...]
    keywords: tuple[tuple[re.Pattern[str], float], ...]


def _keywords(**points: str) -> tuple[tuple[re.Pattern[str], float], ...]:
    values = {"strong": 3.0, "medium": 2.0, "weak": 1.0}
    return tuple((re.compile(pattern), values[name]) for name, pattern in points.items())


CANONICAL: Mapping[Cause, CauseInfo] = MappingProxyType(
    {
        Cause.DOWNTILT: CauseInfo(
            explanation="The serving cell's downtilt is too large, so the far end of its coverage is weak.",
            evidence=(
                "total downtilt of the serving cell is {tilt_deg:.0f} degrees "
                "with a vertical beam width of {beam_width_deg:.0f} degrees",
                "the section starts {beam_excess_deg:.1f} degrees above the upper edge of that beam",
                "mean serving RSRP in the degraded section is {rsrp_dbm:.1f} dBm",
            ),
            keywords=_keywords(
                strong=r"\b(?:down-?)?tilt", medium=r"far[ -]end|cell[ -]edge", weak=r"weak|steep|angle"
            ),
        ),
        Cause.OVERSHOOT: CauseInfo(
            explanation="The serving cell covers a section more than 1 km away (over-shooting).",
            evidence=("the serving cell is {distance_m:.0f} m from the degraded section (limit 1000 m)",),
            keywords=_keywords(
                strong=r"over-?\s?shoot|overreach",
                medium=r"distance|\b1\s?km\b|\b1[ ,]?000\s?m|kilomet|far away|remote",
                weak=r"coverage|serving|beyond|exceed",
            ),
        ),
        Cause.BETTER_NEIGHBOUR: CauseInfo(
            explanation="A neighbouring cell gives more throughput than the cell that serves the section.",
            evidence=(
                "throughput in the section rises by {handover_gain_mbps:.0f} Mbps once the neighbour serves",
                "the strongest neighbour stands {neighbour_gap_db:+.1f} dB from the serving cell",
            ),
            keywords=_keywords(
                strong=r"(?:higher|better|more|greater|superior|faster)\b.{0,20}(?:throughput|rate|performance)",
                medium=r"(?:late|missed|missing|delayed|no) (?:handover|hand-over|handoff)",
                weak=r"neighbo",
            ),
        ),
        Cause.OVERLAP: CauseInfo(
            explanation="Co-frequency cells of other sites overlap heavily with the serving cell.",
            evidence=(
                "in {overlap_share:.0%} of the section a cell of another site is within 3 dB of the server",
                "mean SINR in the degraded section is {sinr_db:.1f} dB",
            ),
            keywords=_keywords(
                strong=r"overlap|pilot pollution",
                medium=r"non-? ?co-? ?locat|not co-? ?locat|(?:different|other|several) sites",
                weak=r"co-?frequency|same frequency|interfer",
            ),
        ),
        Cause.HANDOVERS: CauseInfo(
            explanation="The device changes its serving cell too often.",
            evidence=("{handovers:.0f} handovers in the degraded section",),
            keywords=_keywords(
                strong=r"ping-? ?pong|(?:frequent|repeated|many|excessive)\b.{0,24}hand-?\s?(?:over|off)",
                medium=r"hand-?\s?(?:over|off)|cell (?:changes|switch)",
                weak=r"frequent|repeated|excessive|too (?:often|many)",
            ),
        ),
        Cause.PCI_MOD_30: CauseInfo(
            explanation="Serving cell and neighbour have the same PCI modulo 30, so their signals collide.",
            evidence=(
                "in {mod30_share:.0%} of the section a neighbour has the PCI of the serving cell modulo 30",
                "that neighbour stands {mod30_gap_db:+.1f} dB from the serving cell",
            ),
            keywords=_keywords(
                strong=r"\bmod(?:ulo|\b)|%\s?30",
                medium=r"\bpcis?\b|physical cell id",
                weak=r"collision|conflict|confusion|same",
            ),
        ),
        Cause.SPEED: CauseInfo(
            explanation="The test vehicle drives faster than 40 km/h.",
            evidence=(
                "mean speed in the degraded section is {speed_kmh:.0f} km/h (limit 40 km/h)",
                "its highest speed there is {max_speed_kmh:.0f} km/h",
            ),
            keywords=_keywords(
                strong=r"vehicle|km/?h|\bkmh\b|kph|velocity",
                medium=r"\bspeed|driv(?:es|ing)",
                weak=r"fast|doppler",
            ),
        ),
        Cause.RESOURCE_BLOCKS: CauseInfo(
            explanation="Fewer than 160 resource blocks are scheduled on average.",
            evidence=(
                "{resource_blocks:.0f} resource blocks are scheduled on average in the section (limit 160)",
                "that is {resource_block_ratio:.2f} of the mean outside it",
            ),
            keywords=_keywords(
                strong=r"\bp?rbs?\b|resource[ -]block",
                medium=r"schedul|resource",
                weak=r"average|\b160\b|insufficient",
            ),
        ),
    }
)

# A label inside a line ("...; C2: ...") starts a new option just as one at the start of a line does.
_INLINE_LABEL = re.compile(r"(?<=[\s;,])(?=[A-Z]\d{1,2}\s?:)")
_OPTION = re.compile(
    r"[\s>*#-]{0,8}(?:(?:option|cause|choice)\s{1,3})?[\[(*]{0,3}"
    r"([A-Za-z]?\d{1,2}|[A-Za-z])[\])*]{0,3}\s?(?:[:.)\]-]|\s-|(?<=[\])])\s)\**\s{0,8}(\S.*)",
    re.IGNORECASE,
)


def parse_options(text: str) -> tuple[CauseOption, ...]:
    """The block of labelled lines ("C1: ...", "2. ...", "(b) ...") that matches the canonical causes best.

    A block ends at the first line without a label, with another form of label or with a label seen before;
    blank lines are passed over. Empty when no block names at least two causes.
    """
    blocks: list[dict[str, CauseOption]] = [{}]
    for line in unicodedata.normalize("NFKC", text).splitlines():
        if "|" in line or not line.strip():
            continue
        for part in _INLINE_LABEL.split(line):
            found = _OPTION.match(part[: _MAX_OPTION_CHARS + 40])
            if blocks[-1] and not (found and _continues(blocks[-1], found[1])):
                blocks.append({})
            if found:
                wording = found[2][:_MAX_OPTION_CHARS].strip()
                blocks[-1][found[1]] = CauseOption(found[1], wording)
    candidates = [tuple(block.values()) for block in blocks if len(block) > 1]
    best = max(candidates, key=lambda block: len(match_options(block)), default=())
    return best if len(match_options(best)) > 1 else ()


def _continues(block: Mapping[str, CauseOption], label: str) -> bool:
    first = next(iter(block))
    same_form = (first[0].isdigit(), first[-1].isdigit()) == (label[0].isdigit(), label[-1].isdigit())
    return same_form and label not in block and len(block) < _MAX_OPTIONS


def match_options(options: Sequence[CauseOption]) -> dict[Cause, CauseOption]:
    """Pairs each canonical cause with the offered option that means it; causes not on offer are left out.

    Highest scores are paired first and every cause and option is used once; ties go to the order of the text.
    """
    scored = [
        (-_score(option.wording.lower(), info), position, cause)
        for position, option in enumerate(options)
        for cause, info in CANONICAL.items()
    ]
    matched: dict[Cause, CauseOption] = {}
    used: set[int] = set()
    for score, position, cause in sorted(scored, key=lambda entry: entry[:2]):
        if -score >= _MIN_SCORE and position not in used and cause not in matched:
            matched[cause] = options[position]
            used.add(position)
    return matched


def _score(wording: str, info: CauseInfo) -> float:
    return sum(points for pattern, points in info.keywords if pattern.search(wording))
