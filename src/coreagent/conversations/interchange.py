"""The file in which conversations travel: JSON lines, lossless.

The first line names the format and its version. Then, for each conversation, one line ``{"conversation": ...,
"turn_lines": n}`` and ``n`` lines ``{"turn": ...}``. Files may be put one behind the other.
"""

import json
from collections.abc import Sequence

from coreagent.conversations.records import Conversation, Turn
from coreagent.conversations.shapes import to_plain
from coreagent.runs.database import storable
from coreagent.visible import OBEYED

FORMAT = "coreagent-conversations"
VERSION = 1

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def jsonl(conversation: Conversation, turns: Sequence[Turn]) -> str:
    """A conversation with all its turns as a file that :func:`coreagent.conversations.importing.read_jsonl` reads."""
    lines = [
        {"format": FORMAT, "version": VERSION},
        {"conversation": to_plain(conversation), "turn_lines": len(turns)},
        *({"turn": to_plain(turn)} for turn in turns),
    ]
    return "".join(_spelt(storable(_ENCODER.encode(line))) + "\n" for line in lines)


def _spelt(line: str) -> str:
    """What a terminal would obey is spelt out, as JSON does below the space: the same text, safe to show."""
    return OBEYED.sub(lambda match: f"\\u{ord(match[0]):04x}", line)
