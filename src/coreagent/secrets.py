"""Masking of secrets in everything that is written down: logs, events, the run store, traces.

Recognised: private keys, well-known token prefixes, JSON Web Tokens, authorization headers, passwords in URLs,
``name=value`` pairs whose name says it is secret, and the secret lines of router configurations. The text around a
secret stays, the secret becomes ``***``. Every pattern is linear in the length of the text, and masking twice changes
nothing.
"""

import json
import logging
import re
from dataclasses import dataclass
from typing import Any, cast

MASK = "***"

_STRONG_NAME = (
    r"pass(?:word|wd|phrase)|pwd|api[_-]?key|(?:access|private|secret|signing|encryption)[_-]?key"
    r"|client[_-]?secret|(?:auth|access|refresh|bearer|session|id)[_-]?token"
)
# After a name: a quoted value, the same inside a JSON string, or a bare word. Nothing follows the value in the
# pattern, so it never backtracks.
_QUOTED = r'"(?:[^"\\]|\\.)*+|\\"[^"\\]*+|' + r"'[^'\n]*+"
_SEPARATOR = r"""\\?["']?[ \t]{0,4}(?:=>|[:=])[ \t]{0,4}"""


@dataclass(frozen=True, slots=True)
class _Rule:
    """``triggers`` are lower-case strings one of which every match contains: a text without them is not searched."""

    triggers: tuple[str, ...]
    pattern: re.Pattern[str]


def _rule(triggers: str, pattern: str, flags: int = 0) -> _Rule:
    return _Rule(tuple(triggers.split()), re.compile(pattern, flags))


# Groups: ``keep`` stays in front of the mask, ``open`` is the quotation mark that is closed again.
_RULES = (
    _rule(
        "private",
        r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----)){0,32768}+"
        r"(?:-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----)?",
    ),
    _rule("eyj", r"(?<![\w-])eyJ[\w-]{6,}+\.[\w-]{6,}+(?:\.[\w-]*+)?"),
    _rule(
        "sk- ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- akia asia xox aiza hf_ npm_ pypi- rk_live_ sk_live_",
        r"(?<![A-Za-z0-9])(?:sk-[\w-]{12,}|[sr]k_live_\w{10,}|gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{20,}"
        r"|glpat-[\w-]{16,}|(?:AKIA|ASIA)[0-9A-Z]{12,}|xox[a-z]-[\w-]{8,}|AIza[\w-]{30,}|hf_[A-Za-z0-9]{20,}"
        r"|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{30,})",
    ),
    _rule(
        "authorization",
        r"(?P<keep>authorization" + _SEPARATOR + r"""["']?(?:(?:bearer|basic|token|digest)[ \t]{1,4})?)"""
        r"""[^\s"'\\]++""",
        re.IGNORECASE,
    ),
    # "bearer" is a radio word too: only a long value that holds a digit is taken for a token.
    _rule(
        "bearer",
        r"\b(?P<keep>bearer[ \t]{1,4})(?=[A-Za-z._~+/=-]{0,128}[0-9])[\w.~+/=-]{16,}+",
        re.IGNORECASE,
    ),
    _rule("://", r"(?P<keep>://[^\s/@:]{0,256}:)[^\s/]{1,256}(?=@)"),
    _rule(
        "pass pwd key secret token",
        rf"(?P<keep>(?:{_STRONG_NAME}){_SEPARATOR})(?:{_QUOTED}|[^\s,;&\"'\\}})\]]++)",
        re.IGNORECASE,
    ),
    # Weaker names are common words: an equals sign, quotes, or a long value with a digit must follow.
    _rule(
        "secret token credential",
        rf"(?P<keep>(?:secret|token|credentials?)(?:=|\\?[\"'][ \t]{{0,4}}:[ \t]{{0,4}}))"
        rf"(?:{_QUOTED}|[^\s,;&\"'\\}})\]]++)"
        r"|(?P<keep2>\b(?:secret|token|credentials?):[ \t]{0,4})(?=[A-Za-z_.+/=-]{0,64}[0-9])[\w.+/=-]{8,}+",
        re.IGNORECASE,
    ),
    # Router configurations: an encryption type before the value, communities and shared keys.
    _rule(
        "password secret community pre-shared-key key-string",
        r"(?P<keep>\b(?:(?:password|secret|key-string|pre-shared-key)[ \t]{1,4}[0-9]|snmp-server community"
        r"|pre-shared-key)[ \t]{1,4})[^\s\"'\\]++",
        re.IGNORECASE,
    ),
)


def mask(text: str) -> str:
    """The text with every recognised secret replaced by ``***``. Linear in its length."""
    # Token counts stand in every other event, and no secret's name is "tokens".
    lowered = text.lower().replace("tokens", "")
    for rule in _RULES:
        for trigger in rule.triggers:
            if trigger in lowered:
                text = rule.pattern.sub(_replace, text)
                break
    return text


def mask_json(value: Any) -> Any:
    """A JSON value with the secrets in its strings masked, and the values of secretly named keys replaced whole."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        table = cast("dict[str, Any]", value)
        return {
            key: MASK if _secret_name(key) and isinstance(item, str | int | float) else mask_json(item)
            for key, item in table.items()
        }
    if isinstance(value, list):
        return [mask_json(item) for item in cast("list[object]", value)]
    return value


def mask_json_text(text: str) -> str:
    """JSON text with its secrets masked; what was valid JSON stays valid. Anything else is masked as plain text."""
    masked = mask(text)
    if masked == text:
        return text
    try:
        json.loads(masked)
    except ValueError:
        # A secret that is not a string, or one that ran over its quotation mark: walk the values instead.
        try:
            return json.dumps(mask_json(json.loads(text)), ensure_ascii=False)
        except ValueError:
            return masked
    return masked


class MaskingFilter(logging.Filter):
    """Masks secrets in log records. Add it to handlers, so that it sees the records of every logger."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace the message by its masked form; every record passes."""
        message = record.getMessage()
        masked = mask(message)
        if masked != message:
            record.msg, record.args = masked, None
        return True


_SECRET_KEY = re.compile(rf"(?:{_STRONG_NAME}|secret|credentials?)$|^token$", re.IGNORECASE)


def _secret_name(key: str) -> bool:
    return _SECRET_KEY.search(key) is not None


def _replace(match: re.Match[str]) -> str:
    groups = match.groupdict()
    kept = groups.get("keep") or groups.get("keep2") or ""
    value = match[0][len(kept) :]
    for quote in ('\\"', '"', "'"):
        # The closing mark stands after the match, so only the opening one is put back.
        if value.startswith(quote):
            return kept + quote + MASK
    return kept + MASK
