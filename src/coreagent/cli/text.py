"""Text that is safe to print: what a model or a document wrote can not drive the terminal."""

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def printable(text: str) -> str:
    """Control characters but tab and line feed are shown as ``\\x1b`` and the like instead of being obeyed."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text.replace("\r\n", "\n"))
