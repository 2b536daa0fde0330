"""The report of an evaluation of routers: tables for a terminal of any width, Markdown, and JSON."""

import dataclasses
import math
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

from coreagent.evals.json_values import finite
from coreagent.evals.report.markdown import section_markdown
from coreagent.evals.report.plain_text import section_text
from coreagent.evals.report.sections import Item, Items, Section, Table, Text
from coreagent.evals.report.words import UNKNOWN, count, dollars, p_value, seconds, share, shorten
from coreagent.evals.routing.evaluate import Line, RoutingReport
from coreagent.evals.statistics import Estimate

NARROW, WIDE = 80, 120
_LEAST_NAME, _MOST_NAME = 16, 44
_THOUSAND = 1_000


def report_text(report: RoutingReport, *, width: int = NARROW) -> str:
    """For a terminal; intervals stand in it from 120 columns on."""
    lines = section_text(report_section(report, width=width)).split("\n")
    return "\n".join(part for line in lines for part in _wrapped(line, width))


def report_markdown(report: RoutingReport, *, level: int = 2) -> str:
    """For a page, with intervals."""
    return section_markdown(report_section(report, width=10 * WIDE), level) + "\n"


def report_data(report: RoutingReport) -> dict[str, Any]:
    """Everything as JSON values; None stands for what is not known."""
    data: dict[str, Any] = finite(dataclasses.asdict(report))
    return data


def report_section(report: RoutingReport, *, width: int) -> Section:
    """The report as blocks, its tables no wider than ``width`` characters."""
    ranges = width >= WIDE
    lead = (
        f"{count(report.rows)} rows, {count(report.prompts)} prompts, {len(report.models)} models; {report.measured}. "
        f"Weak model {report.weak}, strong model {report.strong}."
        + (f" Single models mixed by chance: AIQ {share(report.mixed_aiq)}." if math.isfinite(report.mixed_aiq) else "")
    )
    tables = [
        _table(width, _results(report.lines, ranges=ranges), "What each gets, and what it costs."),
        _table(width, _curves(report.lines, ranges=ranges), "Over all thresholds on what is predicted."),
        _table(width, _tests(report.lines, ranges=ranges), "Against the best single model, paired."),
        _table(width, _shares(report, width), "Share of all calls, most called first."),
    ]
    remarks = [*report.remarks, *(f"{line.name}: {remark}" for line in report.lines for remark in line.remarks)]
    blocks = [
        Text(lead),
        *(part for table in tables for part in (Text(table.caption), dataclasses.replace(table, caption=""))),
    ]
    parts = [Section(key="remarks", title="Remarks", blocks=[Items(tuple(map(Item, remarks)))])] if remarks else []
    return Section(key="routing", title="Routing on recorded outcomes", blocks=[*blocks, Text(_LEGEND)], parts=parts)


def _wrapped(line: str, width: int) -> list[str]:
    """Lines of at most ``width`` characters; an item goes on below its own beginning."""
    if len(line) <= width:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.wrap(line, width, subsequent_indent=indent, break_on_hyphens=False)


_LEGEND = (
    "APGR: mean share of the way from the weak to the strong model's score, over shares of strong calls (of its cost, "
    "with more than two models); CPT: the share at which 50 or 80 % of it is reached. AIQ: mean height of the hull of "
    "quality over cost; area: the same without the hull. Intervals: 95 %, bootstrap over prompts. p: sign flips of "
    "whole prompts; Holm: adjusted for the number of policies."
)

_Columns = list[tuple[str, Callable[[Line], str]]]


@dataclasses.dataclass(frozen=True, slots=True)
class _Body:
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def _body(lines: Sequence[Line], columns: _Columns) -> _Body:
    return _Body(
        ("", *(heading for heading, _ in columns)),
        tuple((line.name, *(cell(line) for _, cell in columns)) for line in lines),
    )


def _results(lines: Sequence[Line], *, ranges: bool) -> _Body:
    shown = _ranged if ranges else _plain
    return _body(
        lines,
        [
            ("quality", lambda line: shown(line.quality, share)),
            ("$ per 1,000", lambda line: shown(_times(line.usd, _THOUSAND), dollars)),
            ("$ per solved", lambda line: _plain(line.usd_per_solved, dollars)),
            ("regret", lambda line: _plain(line.regret, share)),
            ("seconds", lambda line: _plain(line.seconds, seconds)),
        ],
    )


def _curves(lines: Sequence[Line], *, ranges: bool) -> _Body:
    shown = _ranged if ranges else _plain
    return _body(
        [line for line in lines if not math.isnan(line.aiq.value) or not math.isnan(line.apgr.value)],
        [
            ("APGR", lambda line: shown(line.apgr, share)),
            ("CPT 50", lambda line: _plain(line.cpt50, share)),
            ("CPT 80", lambda line: _plain(line.cpt80, share)),
            ("AIQ", lambda line: shown(line.aiq, share)),
            ("area", lambda line: _plain(line.area, share)),
        ],
    )


def _tests(lines: Sequence[Line], *, ranges: bool) -> _Body:
    shown = _ranged if ranges else _plain

    def gained(line: Line) -> str:
        return UNKNOWN if line.against_best is None else shown(line.against_best.difference, lambda v: f"{v:+.3f}")

    return _body(
        [line for line in lines if line.against_best is not None],
        [
            ("difference", gained),
            ("p", lambda line: p_value(line.against_best.p_value) if line.against_best else UNKNOWN),
            ("Holm", lambda line: UNKNOWN if line.adjusted_p is None else p_value(line.adjusted_p)),
        ],
    )


def _shares(report: RoutingReport, width: int) -> _Body:
    room = max(24, width - _MOST_NAME // 2 - 14)

    def said(line: Line) -> str:
        ranked = sorted(line.shares.items(), key=lambda pair: -pair[1])
        return shorten(", ".join(f"{name} {100 * part:.0f} %" for name, part in ranked if part > 0) or "nobody", room)

    return _body(report.lines, [("calls a row", lambda line: f"{line.calls:.2f}"), ("models", said)])


def _table(width: int, body: _Body, caption: str) -> Table:
    """Names are cut to the room that the figures leave."""
    others = sum(max(len(row[at]) for row in (body.headings, *body.rows)) + 2 for at in range(1, len(body.headings)))
    room = max(_LEAST_NAME, min(_MOST_NAME, width - others))
    last = len(body.headings) - 1
    words = frozenset((0, last)) if body.headings[last] == "models" else frozenset((0,))
    rows = tuple((shorten(row[0], room), *row[1:]) for row in body.rows)
    return Table(headings=body.headings, rows=rows, caption=caption, words=words)


def _plain(figure: Estimate, write: Callable[[float], str]) -> str:
    return write(figure.value) if math.isfinite(figure.value) else UNKNOWN


def _ranged(figure: Estimate, write: Callable[[float], str]) -> str:
    if not math.isfinite(figure.low):
        return _plain(figure, write)
    return f"{write(figure.value)} [{write(figure.low)}, {write(figure.high)}]"


def _times(figure: Estimate, factor: float) -> Estimate:
    return Estimate(factor * figure.value, factor * figure.low, factor * figure.high, figure.n)
