"""What the arguments of commands mean. Nothing here acts: each function gives a value or says what is wrong."""

import math
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

from coreagent.budget import UNITS, UNLIMITED, Budget
from coreagent.errors import UnknownNameError, UsageError
from coreagent.labels import Sensitivity
from coreagent.plans import ROLES

Format = Literal["markdown", "html", "jsonl"]
FORMATS: tuple[Format, ...] = ("markdown", "html", "jsonl")
_SUFFIXES: dict[str, Format] = {".md": "markdown", ".markdown": "markdown", ".html": "html", ".jsonl": "jsonl"}
_WHOLE = ("tokens", "calls")


def budget_of(text: str, now: Budget) -> Budget:
    """``usd=0.5 tokens=20000`` changes these limits of ``now``; ``usd=none`` takes one away, ``none`` all.

    Raises:
        UsageError: an unknown unit, or a limit that is no number from 0 up.
    """
    if text.strip().lower() == "none":
        return UNLIMITED
    limits: dict[str, float | int | None] = {}
    for unit, written in _pairs(text, "/budget usd=0.5 tokens=20000, or /budget none"):
        if unit not in UNITS:
            raise UnknownNameError("limit", unit, UNITS)
        limits[unit] = None if written.lower() == "none" else _limit(unit, written)
    return replace(now, **limits)  # type: ignore[arg-type]  # each unit keeps its own type


def pins_of(text: str, now: Mapping[str, str], models: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """``summarizer=NAME`` fixes a model for a role; ``summarizer=auto`` lets routing choose, ``auto`` for all roles.

    Raises:
        UsageError: an unknown role, or a model that can not play it.
    """
    if text.strip().lower() == "auto":
        return {}
    pins = dict(now)
    for role, name in _pairs(text, "/model summarizer=NAME, or /model summarizer=auto"):
        if role not in ROLES:
            raise UnknownNameError("role", role, ROLES)
        if name.lower() == "auto":
            pins.pop(role, None)
        elif name not in models.get(role, ()):
            raise UnknownNameError(f"model for {role}", name, models.get(role, ()))
        else:
            pins[role] = name
    return pins


def model_of(text: str, models: Mapping[str, Sequence[str]]) -> str:
    """The name of a model, or empty.

    Raises:
        UnknownNameError: no role has such a model.
    """
    name = text.strip()
    known = {model for role in models.values() for model in role}
    if name and name not in known:
        raise UnknownNameError("model", name, known)
    return name


def flags_of(text: str, now: Mapping[str, float]) -> dict[str, float]:
    """``size=0.3`` sets a weight, ``size=off`` takes it away, ``off`` all.

    Raises:
        UsageError: an unknown flag, or a weight outside of 0..10.
    """
    # Routing loads pydantic, which is not there before the first paint.
    from coreagent.routing.policies.flags import FLAGS, MAX_WEIGHT, parse_flags  # noqa: PLC0415  (see above)

    if text.strip().lower() == "off":
        return {}
    flags = dict(now)
    for name, written in _pairs(text, "/flag size=0.3, or /flag off"):
        if name not in FLAGS:
            raise UnknownNameError("flag", name, FLAGS)
        if written.lower() == "off":
            flags.pop(name, None)
            continue
        weights = parse_flags(f"/flag {name}={written}").weights
        if name not in weights:
            raise UsageError(f"{written!r} is no weight", mend=f"Give 0 to {MAX_WEIGHT:g}, such as /flag {name}=0.3.")
        flags.update(weights)
    return flags


def corpora_of(text: str, known: Iterable[str]) -> tuple[str, ...]:
    """Names of corpora; none for ``all``.

    Raises:
        UsageError: there is no such corpus, or a quote is left open.
    """
    names = tuple(dict.fromkeys(_words(text.replace(",", " "))))
    if [name.lower() for name in names] == ["all"]:
        return ()
    known = tuple(known)
    for name in names:
        if name not in known:
            raise UnknownNameError("corpus", name, known)
    return names


def sensitivity_of(text: str) -> Sensitivity:
    """``public``, ``internal`` or ``confidential``.

    Raises:
        UsageError: it is none of them.
    """
    try:
        return Sensitivity.parse(text)
    except ValueError:
        levels = [str(level) for level in Sensitivity]
        raise UnknownNameError("label", text.strip(), levels) from None


def export_of(text: str) -> tuple[Format, Path | None]:
    """Format and path of ``html notes.html``; either may be left out, the format then follows the path.

    Raises:
        UsageError: a path of no known format, or more than the two.
    """
    words = _words(text)
    chosen: Format | None = None
    if words and words[0].lower() in FORMATS:
        chosen = cast("Format", words.pop(0).lower())
    if len(words) > 1:
        raise UsageError("an export has one path", mend='Quote a path with spaces: /export html "my notes.html"')
    if not words:
        return chosen or "markdown", None
    path = Path(words[0]).expanduser()
    found = chosen or _SUFFIXES.get(path.suffix.lower())
    if found is None:
        raise UsageError(f"{words[0]!r} is no format and ends like none", mend=f"Formats: {', '.join(FORMATS)}.")
    return found, path


def path_of(text: str) -> Path:
    """One path.

    Raises:
        UsageError: it is missing.
    """
    words = _words(text)
    if not words:
        raise UsageError("a path is missing", mend='Give one, in quotes where it has spaces: "my notes.jsonl".')
    # Spaces outside of quotes can only be part of the path, since nothing else is expected.
    return Path(words[0] if len(words) == 1 else text.strip()).expanduser()


def title_of(text: str) -> str:
    """A title.

    Raises:
        UsageError: it is empty.
    """
    title = " ".join(text.split())
    if not title:
        raise UsageError("a title is missing", mend="For example: /rename Fronthaul delays")
    return title


def _limit(unit: str, written: str) -> float | int:
    try:
        amount = float(written.lstrip("$").replace(",", "").replace("_", ""))
    except ValueError:
        amount = math.nan
    if not (math.isfinite(amount) and amount >= 0):
        raise UsageError(f"a budget of {written!r} {unit} is no limit", mend="Give a number from 0 up, or none.")
    if unit in _WHOLE:
        if amount != int(amount):
            raise UsageError(f"{unit} are counted in whole numbers, not {written!r}", mend=f"/budget {unit}=20000")
        return int(amount)
    return amount


def _pairs(text: str, example: str) -> list[tuple[str, str]]:
    """The ``name=value`` of a text, names in lower case."""
    pairs: list[tuple[str, str]] = []
    for word in text.split():
        name, equals, value = word.rstrip(",;").partition("=")
        if not (name and equals and value):
            raise UsageError(f"{word!r} is not NAME=VALUE", mend=f"For example: {example}")
        pairs.append((name.lower(), value))
    if not pairs:
        raise UsageError("NAME=VALUE is missing", mend=f"For example: {example}")
    return pairs


def _words(text: str) -> list[str]:
    try:
        # A backslash is a letter of paths on some systems, and escapes nothing here.
        reader = shlex.shlex(text, posix=True, punctuation_chars=False)
        reader.whitespace_split, reader.escape, reader.commenters, reader.quotes = True, "", "", '"'
        return list(reader)
    except ValueError:
        raise UsageError("a quote is left open", mend='Close it with ".') from None
