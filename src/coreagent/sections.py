"""Tagged sections: how data stands inside a prompt, apart from instructions.

A prompt is written as ``<question>...</question>`` blocks. Text placed in a section can not close it or open another:
angle brackets that would form one of our tags are escaped on the way in and restored on the way out. Language models
read the tags as delimiters; the built-in models parse them with :func:`parse`. Both get the same prompt.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_TAG = re.compile(r"<(/?)(?=[a-z_]+[ >])")
_SECTION = re.compile(
    r"<(?P<name>[a-z_]+)(?P<attributes>(?: [a-z_]+=\"[^\"]*\")*)>\n(?P<body>.*?)\n</(?P=name)>", re.DOTALL
)
_ATTRIBUTE = re.compile(r"([a-z_]+)=\"([^\"]*)\"")
_UNSAFE = re.compile(r"[\s<>]+")
_UNSAFE_OR_QUOTE = re.compile(r"[\s<>\"]")
EARLIER = "Said before: "
"""So begins a ``memory`` section that is a turn of the same conversation: its question, an empty line, its answer."""
# U+2039 looks like an angle bracket to a reader and can not form a tag.
_ESCAPED = "\u2039"


@dataclass(frozen=True, slots=True)
class Section:
    """One block: its tag name, body, and attributes."""

    name: str
    body: str
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])


def render(name: str, body: str, /, **attributes: str | int | float) -> str:
    """Write one section. ``body`` may hold anything; attribute values lose double quotes and line ends."""
    shown = "".join(f' {key}="{_attribute(value)}"' for key, value in attributes.items())
    quoted = _TAG.sub(_ESCAPED + r"\1", body) if "<" in body else body
    return f"<{name}{shown}>\n{quoted}\n</{name}>"


def parse(prompt: str) -> tuple[Section, ...]:
    """All sections of a prompt in order; text outside sections is left out."""
    return tuple(
        Section(
            match["name"],
            match["body"].replace(_ESCAPED, "<"),
            dict(_ATTRIBUTE.findall(match["attributes"])),
        )
        for match in _SECTION.finditer(prompt)
    )


def first(sections: tuple[Section, ...], name: str) -> str:
    """Body of the first section called ``name``, or an empty string."""
    return next((section.body for section in sections if section.name == name), "")


def _attribute(value: str | int | float) -> str:
    text = str(value)
    return _UNSAFE.sub(" ", text.replace('"', "'")).strip() if _UNSAFE_OR_QUOTE.search(text) else text
