"""Policies as text, as settings and people write them.

``within(usd=0.01) | prefer_local() | cheapest_above(quality=0.7)`` is read as Python and never run: only calls of the
known policies with literal arguments, joined by ``|``.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from coreagent.errors import SettingsError, UnknownNameError, UsageError
from coreagent.plans import ROLES
from coreagent.routing.policies.advised import advised
from coreagent.routing.policies.assignment import Assignment
from coreagent.routing.policies.bandit import bandit
from coreagent.routing.policies.bandit_memory import BanditMemory
from coreagent.routing.policies.bounds import prefer_local, within
from coreagent.routing.policies.cascade import cascade
from coreagent.routing.policies.choosing import Rule, best, cheapest_above, fixed, rules
from coreagent.routing.policies.family import other_family
from coreagent.routing.policies.flags import FLAGS
from coreagent.routing.policies.learned import learned
from coreagent.routing.policies.objectives import objectives
from coreagent.routing.policies.safety import graded
from coreagent.routing.policies.trade import trade
from coreagent.routing.policies.two_step import CategoryOf, domain_of, two_step
from coreagent.routing.policy import Policy

MAX_CHARS = 4_000
"""A longer text is refused unread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What some policies need and no text can hold.

    ``rules`` for ``rules()``, ``bandit_memory`` for ``bandit()``, ``assignment`` and ``category_of`` for
    ``two_step()``, ``operating`` (the operating point of a trained router) for ``learned()``. ``models`` are the names
    that models may have in the text; empty: any.
    """

    rules: tuple[Rule, ...] = ()
    bandit_memory: BanditMemory | None = None
    assignment: Assignment | None = None
    category_of: CategoryOf = domain_of
    operating: Policy | None = None
    models: frozenset[str] = field(default_factory=frozenset[str])


NO_PARTS = Parts()


def parse_policy(text: str, parts: Parts = NO_PARTS) -> Policy:
    """The policy that the text stands for; ``parse_policy(policy.name)`` gives the same policy back.

    Raises:
        UnknownNameError: no policy, argument, role or model has that name; the nearest one is offered.
        UsageError: anything else that is wrong with the text; the message says at which character.
        SettingsError: a policy that needs a part which is not there.
    """
    if len(text) > MAX_CHARS:
        raise UsageError(f"the policy has {len(text):,} characters, {MAX_CHARS:,} are allowed")
    source = text.strip()
    if not source:
        raise UsageError("the policy is empty", mend=f"Write one or more, joined by |: {_EXAMPLE}.")
    try:
        tree = ast.parse(source, mode="eval").body
    except SyntaxError as error:
        before = source[: max(error.offset or 1, 1) - 1]
        raise _wrong(source, len(before.encode()), f"can not be read: {error.msg}") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise UsageError(f"the policy can not be read: {error or 'nested too deeply'}", mend=_EXAMPLE) from error
    first, *others = [_policy(source, call, parts) for call in _line(source, tree)]
    for other in others:
        first |= other
    return first


_EXAMPLE = "within(usd=0.01) | prefer_local() | cheapest_above(quality=0.7)"

_Make = Callable[[Parts, Mapping[str, float], Mapping[str, str]], Policy]


@dataclass(frozen=True, slots=True)
class _Form:
    """How a policy is written: its numbers and texts by name, which are required, and what makes it of them."""

    make: _Make
    numbers: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


def _bare(make: Callable[[], Policy]) -> _Make:
    return lambda parts, numbers, texts: make()


def _numeric(make: Callable[..., Policy]) -> _Make:
    return lambda parts, numbers, texts: make(**numbers)


def _bandit(parts: Parts, numbers: Mapping[str, float], _: Mapping[str, str]) -> Policy:
    if parts.bandit_memory is None:
        raise SettingsError("bandit() needs a memory of verdicts", mend="Use it where runs are kept.")
    return bandit(parts.bandit_memory, **numbers)


def _two_step(parts: Parts, numbers: Mapping[str, float], _: Mapping[str, str]) -> Policy:
    if parts.assignment is None:
        raise SettingsError(
            "two_step() needs an assignment of experts to categories",
            mend="State params_b and scores by domain of the models it may use, and a budget for their sizes.",
        )
    return two_step(parts.assignment, parts.category_of, **numbers)


def _learned(parts: Parts, _: Mapping[str, float], __: Mapping[str, str]) -> Policy:
    if parts.operating is None:
        raise SettingsError("learned() needs a trained router", mend="Train one: coreagent route train TABLE.")
    return learned(parts.operating)


def _rules(parts: Parts, _: Mapping[str, float], __: Mapping[str, str]) -> Policy:
    if not parts.rules:
        raise SettingsError("rules() needs a table of rules", mend="Add [[routing.rules]] entries to coreagent.toml.")
    return rules(parts.rules)


def _fixed(_: Parts, __: Mapping[str, float], texts: Mapping[str, str]) -> Policy:
    if not texts:
        raise UsageError("fixed() names no model", mend='Name a role and its model: fixed(planner="large").')
    return fixed({role: texts[role] for role in ROLES if role in texts})


_FORMS: Mapping[str, _Form] = {
    "advised": _Form(lambda _, __, texts: advised(**texts), texts=("default",)),
    "bandit": _Form(_bandit, ("floor", "prior", "usd")),
    "best": _Form(_bare(best)),
    "cascade": _Form(_numeric(cascade), ("accept", "start")),
    "cheapest_above": _Form(_numeric(cheapest_above), ("quality",), required=("quality",)),
    "fixed": _Form(_fixed, texts=ROLES),
    "graded": _Form(_numeric(graded), ("t1", "t2")),
    "learned": _Form(_learned),
    "objectives": _Form(_numeric(objectives), FLAGS),
    "other_family": _Form(_bare(other_family)),
    "prefer_local": _Form(_bare(prefer_local)),
    "rules": _Form(_rules),
    "trade": _Form(_numeric(trade), ("usd", "seconds", "wh", "local")),
    "two_step": _Form(_two_step, ("unsure",)),
    "within": _Form(_numeric(within), ("usd", "seconds", "wh")),
}

POLICIES = tuple(_FORMS)
"""The names of all policies that can be written."""


def _line(source: str, tree: ast.expr) -> list[ast.Call]:
    """The calls from left to right."""
    match tree:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return [*_line(source, left), *_line(source, right)]
        case ast.Call(func=ast.Name()):
            return [tree]
        case ast.Name(id=name) if name in _FORMS:
            raise _wrong(source, tree.end_col_offset or 0, f"{name} lacks its brackets", mend=f"Write {_usage(name)}.")
        case _:
            problem = f"{_written(source, tree)} is not a policy"
            raise _wrong(source, tree.col_offset, problem, mend=f"Write policies joined by |: {_EXAMPLE}.")


def _policy(source: str, call: ast.Call, parts: Parts) -> Policy:
    name = _written(source, call.func)
    if name not in _FORMS:
        raise _unknown(source, call.col_offset, "policy", name, POLICIES)
    form = _FORMS[name]
    if call.args:
        value = _written(source, call.args[0])
        raise _wrong(source, call.args[0].col_offset, f"{name} is given {value} without a name",
                     mend=f"Write {_usage(name)}.")  # fmt: skip
    numbers: dict[str, float] = {}
    texts: dict[str, str] = {}
    for keyword in call.keywords:
        if keyword.arg is None or keyword.arg not in (*form.numbers, *form.texts):
            raise _unknown(source, keyword.col_offset, f"argument of {name}", keyword.arg or "**",
                           (*form.numbers, *form.texts))  # fmt: skip
        if keyword.arg in numbers or keyword.arg in texts:
            raise _wrong(source, keyword.col_offset, f"{name} is given {keyword.arg} twice")
        if keyword.arg in form.numbers:
            numbers[keyword.arg] = _number(source, name, keyword)
        else:
            texts[keyword.arg] = _text(source, name, keyword, parts)
    for needed in form.required:
        if needed not in numbers:
            raise _wrong(source, call.col_offset, f"{name} lacks {needed}", mend=f"Write {_usage(name)}.")
    try:
        return form.make(parts, numbers, texts)
    except UsageError as error:
        raise _wrong(source, call.col_offset, error.message, mend=error.mend) from error


def _number(source: str, policy: str, keyword: ast.keyword) -> float:
    node, sign = keyword.value, 1
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node, sign = node.operand, -1
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        try:
            return sign * float(node.value)  # type: ignore[arg-type]  # an int or float: its type was looked at
        except OverflowError:
            pass
    value = _written(source, keyword.value)
    raise _wrong(source, keyword.value.col_offset, f"{keyword.arg}={value} of {policy} is not a number")


def _text(source: str, policy: str, keyword: ast.keyword, parts: Parts) -> str:
    node = keyword.value
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        value = _written(source, node)
        raise _wrong(source, node.col_offset, f"{keyword.arg}={value} of {policy} is not a text in quotes")
    if not node.value:
        raise _wrong(source, node.col_offset, f"{keyword.arg} of {policy} is empty", mend="Name a model.")
    if parts.models and node.value not in parts.models:
        raise _unknown(source, node.col_offset, "model", node.value, sorted(parts.models))
    return node.value


def _usage(name: str) -> str:
    form = _FORMS[name]
    return f"{name}({', '.join([*(f'{key}=NUMBER' for key in form.numbers), *(f'{key}=TEXT' for key in form.texts)])})"


def _written(source: str, node: ast.expr) -> str:
    return (ast.get_source_segment(source, node) or "")[:40]


def _place(source: str, byte: int) -> str:
    """Characters, from 1; the parser counts bytes."""
    return f"character {len(source.encode()[:byte].decode(errors='ignore')) + 1}"


def _wrong(source: str, byte: int, problem: str, *, mend: str = "") -> UsageError:
    return UsageError(f"policy, {_place(source, byte)}: {problem}", mend=mend or f"An example: {_EXAMPLE}.")


def _unknown(source: str, byte: int, kind: str, name: str, known: tuple[str, ...] | list[str]) -> UnknownNameError:
    return UnknownNameError(f"{kind} at {_place(source, byte)},", name[:80], known)
