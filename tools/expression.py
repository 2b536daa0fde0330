"""Reads arithmetic text into a tree: its own tokenizer and recursive descent, nothing is ever evaluated as code.

Grammar, loosest first::

    conversion := sum [("to" | "in" | "as" | "->") target]
    sum        := product {("+" | "-") product}
    product    := unary {("*" | "/") unary}
    unary      := ["+" | "-"] unary | implicit
    implicit   := power {"%"} {power}                  a number and its unit bind closer than "*" and "/"
    power      := atom [("^" | "**") unary]            right to left
    atom       := number | name | name "(" conversion {"," conversion} ")" | "(" conversion ")"
    target     := name ["^" integer] {("*" | "/") name ["^" integer]}
"""

import re
from dataclasses import dataclass

__all__ = [
    "Call",
    "Convert",
    "ExpressionError",
    "Name",
    "Negate",
    "Node",
    "Number",
    "Operation",
    "Target",
    "parse",
]

MAX_CHARS = 500
MAX_TOKENS = 200
MAX_DEPTH = 40

_LETTERS = "A-Za-z_°Ω\u2126µμπ"
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+(?:_[0-9]+)*\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    rf"|(?P<name>[{_LETTERS}][{_LETTERS}0-9]*)"
    r"|(?P<sign>\*\*|->|[-+*/^%(),]))"
)
_SAME_SIGN = str.maketrans({"−": "-", "–": "-", "×": "*", "·": "*", "⋅": "*", "÷": "/", "→": ">"})
_SUPERSCRIPTS = {"²": "^2", "³": "^3"}
_CONVERSIONS = ("to", "in", "as", "->")


class ExpressionError(ValueError):
    """Text that is no expression, or one that has no value. ``mend`` says how to go on."""

    def __init__(self, message: str, *, mend: str = "") -> None:
        super().__init__(message)
        self.mend = mend


@dataclass(frozen=True, slots=True)
class Number:
    """A literal."""

    value: float


@dataclass(frozen=True, slots=True)
class Name:
    """A constant or a unit."""

    name: str


@dataclass(frozen=True, slots=True)
class Negate:
    """Minus one value."""

    operand: "Node"


@dataclass(frozen=True, slots=True)
class Operation:
    """Two values and ``+ - * / ^``, or ``unit`` for a value with a unit behind it."""

    sign: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    """A function of values."""

    name: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Target:
    """The unit of a conversion as factors with exponents, such as m^1 s^-1."""

    factors: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        over = [f"{name}^{power}" if power != 1 else name for name, power in self.factors if power > 0]
        under = [f"{name}^{-power}" if power != -1 else name for name, power in self.factors if power < 0]
        return "/".join(["*".join(over) or "1", *under])


@dataclass(frozen=True, slots=True)
class Convert:
    """A value in another unit."""

    value: "Node"
    target: Target


Node = Number | Name | Negate | Operation | Call | Convert


def parse(text: str) -> Node:
    """The tree of an expression.

    Raises:
        ExpressionError: empty, longer than 500 characters, nested deeper than 40 levels, or not an expression.
    """
    if len(text) > MAX_CHARS:
        raise ExpressionError(
            f"the expression is {len(text):,} characters long", mend=f"Split it into parts of at most {MAX_CHARS}."
        )
    tokens = _tokenize(text)
    if not tokens:
        raise ExpressionError("the expression is empty", mend="Write one, such as 30 dBm to W.")
    return _Parser(tokens).whole()


def _tokenize(text: str) -> list[tuple[str, str]]:
    text = text.translate(_SAME_SIGN).replace(">", "->").replace("-->", "->")
    for sign, power in _SUPERSCRIPTS.items():
        text = text.replace(sign, power)
    text = text.strip().removesuffix("=").rstrip()
    # 1,000,000 is one number; the comma between arguments never stands right between a digit and three digits.
    text = re.sub(r"(?<![\w.])\d{1,3}(?:,\d{3})+(?![\d,])(?![^()]*\))", lambda found: found[0].replace(",", ""), text)
    tokens: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None or found.end() == position:
            raise ExpressionError(
                f"{text[position]!r} at character {position + 1} is no part of an expression",
                mend="Use numbers, units, + - * / ^ ( ), functions such as log10(x), and 'to' for conversions.",
            )
        tokens.append((found.lastgroup or "", found[found.lastgroup or 0]))
        position = found.end()
        if len(tokens) > MAX_TOKENS:
            raise ExpressionError(f"the expression has more than {MAX_TOKENS} parts", mend="Split it.")
    return tokens


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._position = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._conversion()
        kind, text = self._peek()
        if kind:
            raise ExpressionError(f"{text!r} stands where the expression should end", mend="Is an operator missing?")
        return node

    def _peek(self, ahead: int = 0) -> tuple[str, str]:
        index = self._position + ahead
        return self._tokens[index] if index < len(self._tokens) else ("", "")

    def _take(self, *wanted: str) -> str:
        kind, text = self._peek()
        if kind == "sign" and text in wanted:
            self._position += 1
            return text
        return ""

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            kind, text = self._peek()
            raise ExpressionError(f"{sign!r} is missing" + (f" before {text!r}" if kind else " at the end"))

    def _conversion(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(f"the expression is nested deeper than {MAX_DEPTH} levels", mend="Split it.")
        node = self._sum()
        while self._at_conversion():
            self._position += 1
            node = Convert(node, self._target())
        self._depth -= 1
        return node

    def _at_conversion(self) -> bool:
        """Whether a conversion starts here; ``in`` alone is also the inch, as in ``5 in to cm``."""
        _, text = self._peek()
        following, name = self._peek(1)
        return text in _CONVERSIONS and following == "name" and name not in _CONVERSIONS

    def _sum(self) -> Node:
        node = self._product()
        while sign := self._take("+", "-"):
            node = Operation(sign, node, self._product())
        return node

    def _product(self) -> Node:
        node = self._unary()
        while sign := self._take("*", "/"):
            node = Operation(sign, node, self._unary())
        return node

    def _unary(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(f"the expression is nested deeper than {MAX_DEPTH} levels", mend="Split it.")
        sign = self._take("+", "-")
        node = self._unary() if sign else self._implicit()
        self._depth -= 1
        return Negate(node) if sign == "-" else node

    def _implicit(self) -> Node:
        node = self._power()
        while self._take("%"):
            node = Operation("/", node, Number(100.0))
        while self._at_unit():
            node = Operation("unit", node, self._power())
        return node

    def _at_unit(self) -> bool:
        kind, _ = self._peek()
        return kind == "name" and not self._at_conversion()

    def _power(self) -> Node:
        node = self._atom()
        if self._take("^", "**"):
            return Operation("^", node, self._unary())
        return node

    def _atom(self) -> Node:
        if self._take("("):
            node = self._conversion()
            self._expect(")")
            return node
        kind, text = self._peek()
        if kind == "number":
            self._position += 1
            return Number(float(text.replace("_", "")))
        if kind == "name":
            self._position += 1
            if text in ("to", "as"):
                raise ExpressionError(f"{text!r} stands between a value and a unit", mend="Write: 30 dBm to W")
            return self._call(text) if self._take("(") else Name(text)
        raise ExpressionError(f"a value is missing before {text!r}" if kind else "a value is missing at the end")

    def _call(self, name: str) -> Node:
        arguments = [self._conversion()]
        while self._take(","):
            arguments.append(self._conversion())
        self._expect(")")
        return Call(name, tuple(arguments))

    def _target(self) -> Target:
        factors = [self._factor(1)]
        while sign := self._take("*", "/"):
            factors.append(self._factor(1 if sign == "*" else -1))
        return Target(tuple(factors))

    def _factor(self, direction: int) -> tuple[str, int]:
        kind, name = self._peek()
        if kind != "name":
            raise ExpressionError(
                f"a unit is missing before {name!r}" if kind else "a unit is missing at the end", mend="Write: to MHz"
            )
        self._position += 1
        power = 1
        if self._take("^", "**"):
            negative = self._take("-")
            kind, text = self._peek()
            if kind != "number" or not text.isdecimal() or not 0 < int(text[:4]) <= 20:
                raise ExpressionError(f"the exponent of {name} must be a whole number from 1 to 20")
            self._position += 1
            power = -int(text) if negative else int(text)
        return name, direction * power
