"""What was measured, as figures with intervals and as plain values."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from coreagent.evals import statistics
from coreagent.evals.retrieval.measure import RANKINGS, Measured, Outcome, Ranking
from coreagent.evals.statistics import Comparison, Estimate

CUTOFFS = (1, 5, 10)
MRR_CUTOFF = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One ranking over some questions.

    ``recall[k]``: any gold among the first k hits; ``all_found[k]``: every gold that the corpora hold,
    over the questions with several.
    ``mrr`` is the mean of 1 / rank of the first gold, 0 beyond the cutoff.
    """

    recall: dict[int, Estimate]
    all_found: dict[int, Estimate]
    mrr: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Time of a query in milliseconds: median and 95th percentile."""

    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All figures. ``by_kind`` is empty unless asked for; ``comparisons`` are fused less the other, by measure.

    ``auc``: how often the confidence of a question with a passage is above that of an off-topic one; None without
    off-topic questions.
    """

    measured: Measured
    mrr_cutoff: int
    figures: dict[Ranking, Figures]
    comparisons: dict[tuple[Ranking, str], Comparison]
    by_kind: dict[str, dict[Ranking, Figures]]
    timings: dict[Ranking, Timing]
    auc: Estimate | None


def summarise(measured: Measured, *, by_kind: bool = False) -> Report:
    """Reckon everything that the outcomes allow."""
    outcomes = measured.on_topic
    cutoffs = tuple(sorted({*(k for k in CUTOFFS if k < measured.limit), measured.limit}))
    mrr_cutoff = min(MRR_CUTOFF, measured.limit)
    kinds = sorted({outcome.question.kind for outcome in outcomes}) if by_kind else []
    everything = outcomes + measured.off_topic
    return Report(
        measured=measured,
        mrr_cutoff=mrr_cutoff,
        figures=_all_figures(outcomes, cutoffs, mrr_cutoff),
        comparisons=_comparisons(outcomes, min(5, measured.limit), mrr_cutoff),
        by_kind={
            kind: _all_figures([o for o in outcomes if o.question.kind == kind], cutoffs, mrr_cutoff) for kind in kinds
        },
        timings={
            ranking: _timing([o.seconds[ranking] for o in everything if ranking in o.seconds])
            for ranking in RANKINGS
            if any(ranking in outcome.seconds for outcome in everything)
        },
        auc=statistics.auc([o.confidence for o in outcomes], [o.confidence for o in measured.off_topic])
        if outcomes and measured.off_topic
        else None,
    )


def _all_figures(outcomes: Sequence[Outcome], cutoffs: Sequence[int], mrr_cutoff: int) -> dict[Ranking, Figures]:
    if not outcomes:
        return {}
    several = [outcome for outcome in outcomes if len(outcome.ranks["fused"]) > 1]
    return {
        ranking: Figures(
            recall={k: _share([_any(outcome, ranking, k) for outcome in outcomes]) for k in cutoffs},
            all_found={k: _share([_all(outcome, ranking, k) for outcome in several]) for k in cutoffs if several},
            mrr=statistics.mean([_reciprocal(outcome, ranking, mrr_cutoff) for outcome in outcomes]),
        )
        for ranking in RANKINGS
    }


def _comparisons(
    outcomes: Sequence[Outcome], recall_cutoff: int, mrr_cutoff: int
) -> dict[tuple[Ranking, str], Comparison]:
    out: dict[tuple[Ranking, str], Comparison] = {}
    for other in RANKINGS if outcomes else ():
        if other == "fused":
            continue
        out[other, f"recall@{recall_cutoff}"] = statistics.compare_proportions(
            [_any(outcome, "fused", recall_cutoff) for outcome in outcomes],
            [_any(outcome, other, recall_cutoff) for outcome in outcomes],
        )
        out[other, f"mrr@{mrr_cutoff}"] = statistics.compare_means(
            [_reciprocal(outcome, "fused", mrr_cutoff) for outcome in outcomes],
            [_reciprocal(outcome, other, mrr_cutoff) for outcome in outcomes],
        )
    return out


def _any(outcome: Outcome, ranking: Ranking, cutoff: int) -> bool:
    return any(0 < rank <= cutoff for rank in outcome.ranks[ranking])


def _all(outcome: Outcome, ranking: Ranking, cutoff: int) -> bool:
    return all(0 < rank <= cutoff for rank in outcome.ranks[ranking])


def _reciprocal(outcome: Outcome, ranking: Ranking, cutoff: int) -> float:
    return max((1 / rank for rank in outcome.ranks[ranking] if 0 < rank <= cutoff), default=0.0)


def _share(found: Sequence[bool]) -> Estimate:
    return statistics.proportion(sum(found), len(found))


def _timing(seconds: Sequence[float]) -> Timing:
    p50, p95 = np.quantile(np.array(seconds), [0.5, 0.95]) * 1e3
    return Timing(p50_ms=float(p50), p95_ms=float(p95))


def plain(report: Report) -> dict[str, Any]:
    """The report as JSON values; an interval that can not be drawn is null.

    Keys: ``file``, ``corpora``, ``limit``, ``mrr_cutoff``, ``interrupted``, ``questions`` (counts, and ids of what was
    left out or is doubtful), ``rankings`` (each with ``recall``, ``all_found``, ``mrr``, ``p50_ms``, ``p95_ms``),
    ``comparisons`` (fused less another ranking), ``confidence_auc``, ``by_kind``, ``open_seconds``.
    """
    measured = report.measured
    return {
        "file": measured.questions.name,
        "corpora": list(measured.corpora),
        "limit": measured.limit,
        "mrr_cutoff": report.mrr_cutoff,
        "interrupted": measured.interrupted,
        "questions": {
            "in_file": len(measured.questions.questions),
            "on_topic": len(measured.on_topic),
            "off_topic": len(measured.off_topic),
            "missing": [question.id for question in measured.missing],
            "partly_missing": [question.id for question in measured.partly_missing],
            "ambiguous": [question.id for question in measured.ambiguous],
            "duplicate_ids": list(measured.questions.duplicates),
        },
        "rankings": {
            ranking: {
                **(_plain_figures(report.figures[ranking]) if ranking in report.figures else {}),
                "p50_ms": round(timing.p50_ms, 3),
                "p95_ms": round(timing.p95_ms, 3),
            }
            for ranking, timing in report.timings.items()
        },
        "comparisons": [
            {
                "first": "fused",
                "second": other,
                "measure": name,
                "difference": _plain_estimate(one.difference),
                "p_value": one.p_value,
                "test": one.test,
            }
            for (other, name), one in report.comparisons.items()
        ],
        "confidence_auc": _plain_estimate(report.auc) if report.auc else None,
        "by_kind": {
            kind: {ranking: _plain_figures(figures) for ranking, figures in rankings.items()}
            for kind, rankings in report.by_kind.items()
        },
        "open_seconds": round(measured.open_seconds, 4),
    }


def _plain_figures(figures: Figures) -> dict[str, Any]:
    return {
        "recall": {str(k): _plain_estimate(estimate) for k, estimate in figures.recall.items()},
        "all_found": {str(k): _plain_estimate(estimate) for k, estimate in figures.all_found.items()},
        "mrr": _plain_estimate(figures.mrr),
    }


def _plain_estimate(estimate: Estimate) -> dict[str, float | int | None]:
    return {
        "value": round(estimate.value, 6),
        "low": None if math.isnan(estimate.low) else round(estimate.low, 6),
        "high": None if math.isnan(estimate.high) else round(estimate.high, 6),
        "n": estimate.n,
    }
