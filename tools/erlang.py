"""Erlang B (blocked calls are lost) and Erlang C (blocked calls wait), forward and inverse.

B follows the recursion B(0) = 1, B(n) = A B(n-1) / (n + A B(n-1)), which neither over- nor underflows into error for
any number of trunks; C = N B / (N - A (1 - B)).
"""

import math
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from coreagent.errors import ToolArgumentsError
from coreagent.labels import PUBLIC
from coreagent.tools.function_tool import tool

__all__ = ["Traffic", "blocking", "erlang", "offered_traffic", "trunks_needed", "waiting"]

Formula = Literal["B", "C"]
MAX_TRUNKS = 20_000


class Traffic(BaseModel):
    """A trunk group: offered traffic in erlang, trunks, and the probability to be blocked (B) or to wait (C)."""

    model_config = ConfigDict(frozen=True)

    formula: Formula
    offered_erlang: float
    trunks: int
    probability: float
    solved_for: Literal["probability", "trunks", "offered_erlang"]
    target: float | None = None
    carried_erlang: float
    utilisation: float
    mean_wait_s: float | None = None
    within_limit: float | None = None
    holding_time_s: float | None = None
    wait_limit_s: float | None = None

    def statement(self) -> str:
        """The value that was asked for, with the others."""
        event = "blocking probability" if self.formula == "B" else "probability of waiting"
        chance = f"{self.probability:.6g} ({self.probability:.4%})"
        match self.solved_for:
            case "probability":
                text = (
                    f"With {self.offered_erlang:.8g} erlang offered to {self.trunks} trunks, the Erlang {self.formula}"
                    f" {event} is {chance}."
                )
            case "trunks":
                text = (
                    f"{self.trunks} trunks are needed for {self.offered_erlang:.8g} erlang at an Erlang {self.formula}"
                    f" {event} of at most {self.target:g}; with them it is {chance}."
                )
            case "offered_erlang":
                text = (
                    f"{self.trunks} trunks carry at most {self.offered_erlang:.6g} erlang of offered traffic at an"
                    f" Erlang {self.formula} {event} of {self.target:g}."
                )
        if self.mean_wait_s is not None:
            text += f" The mean wait is {self.mean_wait_s:.4g} s at a mean holding time of {self.holding_time_s:g} s"
            if self.within_limit is not None:
                text += f", and {self.within_limit:.2%} of the calls wait no longer than {self.wait_limit_s:g} s"
            text += "."
        return text

    def source(self) -> str:
        """The formula."""
        return f"Erlang {self.formula} formula"


@tool(label=PUBLIC)
def erlang(
    formula: Formula = "B",
    offered_erlang: Annotated[float | None, Field(ge=0, le=MAX_TRUNKS)] = None,
    trunks: Annotated[int | None, Field(ge=1, le=MAX_TRUNKS)] = None,
    probability: Annotated[float | None, Field(gt=0, lt=1)] = None,
    holding_time_s: Annotated[float | None, Field(gt=0, le=1e6)] = None,
    wait_limit_s: Annotated[float | None, Field(ge=0, le=1e6)] = None,
) -> Traffic:
    """Solve the Erlang B (blocking) or Erlang C (waiting) formula for traffic, trunks (channels) or probability.

    Give two of offered_erlang, trunks and probability; the third is computed.

    Args:
        formula: B when blocked calls are lost, C when they wait in a queue.
        offered_erlang: Offered traffic in erlang, 0 to 20000.
        trunks: Number of trunks, channels, servers or agents, 1 to 20000.
        probability: Target probability to be blocked (B) or to wait (C), as a fraction: 0.01 means 1 %.
        holding_time_s: Mean holding time in s; with formula C it gives the mean wait.
        wait_limit_s: With formula C and the holding time: share of calls that wait no longer than this, in s.

    Raises:
        ToolArgumentsError: not two of the three, or a queue that grows without bound.
    """
    if sum(value is None for value in (offered_erlang, trunks, probability)) != 1:
        raise _refused(
            "two of offered_erlang, trunks and probability are needed", "Leave out exactly the one to compute."
        )
    solved_for: Literal["probability", "trunks", "offered_erlang"] = "probability"
    if trunks is None and offered_erlang is not None and probability is not None:
        solved_for = "trunks"
        trunks = trunks_needed(formula, offered_erlang, probability)
    elif offered_erlang is None and trunks is not None and probability is not None:
        solved_for = "offered_erlang"
        offered_erlang = offered_traffic(formula, trunks, probability)
    assert offered_erlang is not None and trunks is not None
    if formula == "C" and offered_erlang >= trunks:
        raise _refused(
            f"{offered_erlang:g} erlang on {trunks} trunks: the queue grows without bound",
            f"Erlang C needs more than {offered_erlang:g} trunks.",
        )
    found = blocking(offered_erlang, trunks) if formula == "B" else waiting(offered_erlang, trunks)
    carried = offered_erlang * (1 - found) if formula == "B" else offered_erlang
    mean_wait_s = within = None
    if formula == "C" and holding_time_s is not None:
        mean_wait_s = found * holding_time_s / (trunks - offered_erlang)
        if wait_limit_s is not None:
            within = 1 - found * math.exp(-(trunks - offered_erlang) * wait_limit_s / holding_time_s)
    return Traffic(
        formula=formula,
        offered_erlang=offered_erlang,
        trunks=trunks,
        probability=found,
        solved_for=solved_for,
        target=probability,
        carried_erlang=carried,
        utilisation=carried / trunks,
        mean_wait_s=mean_wait_s,
        within_limit=within,
        holding_time_s=holding_time_s,
        wait_limit_s=wait_limit_s,
    )


def blocking(offered_erlang: float, trunks: int) -> float:
    """Erlang B: the probability that all trunks are busy and a call is lost."""
    result = 1.0
    for busy in range(1, trunks + 1):
        product = offered_erlang * result
        result = product / (busy + product)
    return result


def waiting(offered_erlang: float, trunks: int) -> float:
    """Erlang C: the probability that a call waits; 1 when the traffic is not below the trunks."""
    if offered_erlang >= trunks:
        return 1.0
    lost = blocking(offered_erlang, trunks)
    return trunks * lost / (trunks - offered_erlang * (1 - lost))


def trunks_needed(formula: Formula, offered_erlang: float, probability: float) -> int:
    """Fewest trunks (at least one) that keep the probability at or below the target.

    Raises:
        ToolArgumentsError: more than ``MAX_TRUNKS`` would be needed.
    """
    lost = 1.0
    for trunks in range(1, MAX_TRUNKS + 1):
        product = offered_erlang * lost
        lost = product / (trunks + product)
        reached = lost
        if formula == "C":
            if offered_erlang >= trunks:
                continue
            reached = trunks * lost / (trunks - offered_erlang * (1 - lost))
        if reached <= probability:
            return trunks
    raise _refused(f"more than {MAX_TRUNKS} trunks would be needed", "Split the traffic over several groups.")


def offered_traffic(formula: Formula, trunks: int, probability: float) -> float:
    """Largest offered traffic in erlang that keeps the probability at or below the target (bisection)."""
    solve = blocking if formula == "B" else waiting
    # B >= 1 - N / A, so no more than N / (1 - B) can be offered; a stable queue has less than N.
    low, high = 0.0, trunks / (1 - probability) if formula == "B" else float(trunks)
    for _ in range(100):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if solve(middle, trunks) <= probability else (low, middle)
    return low


def _refused(problem: str, mend: str) -> ToolArgumentsError:
    return ToolArgumentsError(problem, tool="erlang", mend=mend)
