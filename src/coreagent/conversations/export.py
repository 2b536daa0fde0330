"""Conversations as files for elsewhere: Markdown to go on writing, a web page to show, JSON lines to take in again."""

import contextlib
import os
import re
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

from coreagent.conversations.interchange import jsonl
from coreagent.conversations.page import html
from coreagent.conversations.records import Conversation, Turn
from coreagent.conversations.told import STEP_HEADINGS, conversation_facts, step, turn_facts, turn_name
from coreagent.conversations.turns import title_from
from coreagent.errors import RunError
from coreagent.runs.database import storable
from coreagent.visible import visible

__all__ = ["ENDINGS", "EXPORT_KINDS", "ExportKind", "export_text", "html", "jsonl", "markdown", "write_export"]

ExportKind = Literal["markdown", "html", "jsonl"]
EXPORT_KINDS: tuple[ExportKind, ...] = get_args(ExportKind)
ENDINGS: dict[ExportKind, str] = {"markdown": ".md", "html": ".html", "jsonl": ".jsonl"}
"""What names of such files end with."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")
_TAG = re.compile(r"<(?=[A-Za-z/!?])|(?<=!)\[")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_CODE = re.compile(r"(`+[^`]*`+)")


def export_text(kind: ExportKind, conversation: Conversation, turns: Sequence[Turn]) -> str:
    """The whole text of the file."""
    return {"markdown": markdown, "html": html, "jsonl": jsonl}[kind](conversation, turns)


def write_export(path: Path, kind: ExportKind, conversation: Conversation, turns: Sequence[Turn]) -> None:
    """Write a file that is whole or, when that fails, as it was before.

    Raises:
        RunError: it can not be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}-{uuid.uuid4().hex[:8]}.tmp")
    try:
        with draft.open("w", encoding="utf-8", newline="\n") as file:
            file.write(export_text(kind, conversation, turns))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except (OSError, ValueError) as error:
        # A path with a zero byte in it is a ValueError.
        words = getattr(error, "strerror", None) or str(error)
        raise RunError(f"{path}: can not be written: {words}", mend="Make room, or name another file.") from error
    finally:
        # Gone already when all went well.
        with contextlib.suppress(OSError, ValueError):
            draft.unlink()


def markdown(conversation: Conversation, turns: Sequence[Turn]) -> str:
    """A conversation as Markdown. What was written stays Markdown, but HTML and pictures in it are only text."""
    parts = [f"# {_inline(conversation.title or 'A conversation')}", _line(conversation_facts(conversation))]
    for turn in turns:
        parts += _turn(turn)
    return storable("\n\n".join(parts) + "\n")


def _turn(turn: Turn) -> list[str]:
    question = _tame(visible(turn.question))
    parts = [
        f"## {turn_name(turn)}. {_inline(title_from(turn.question))}",
        "\n".join(f"> {line}".rstrip() for line in question.splitlines() or [""]),
    ]
    if turn.text:
        parts.append(_tame(visible(turn.text)))
    if turn.error or turn.mend:
        parts.append(f"**{_inline(turn.error or turn.state)}** {_inline(turn.mend)}".rstrip())
    answer = turn.answer
    if answer is not None and answer.citations:
        parts.append("\n".join(f"{number}. {_inline(str(entry))}" for number, entry in enumerate(answer.citations, 1)))
    parts.append(_line(turn_facts(turn)))
    if answer is not None and answer.decisions:
        rows = [STEP_HEADINGS, ("---",) * len(STEP_HEADINGS)]
        rows += [
            tuple(map(_inline, (line.role, line.model, line.policy, line.why))) for line in map(step, answer.decisions)
        ]
        parts.append("\n".join(f"| {' | '.join(row)} |" for row in rows))
    return parts


def _line(facts: Sequence[str]) -> str:
    return f"*{' · '.join(map(_inline, facts))}*"


def _inline(text: str) -> str:
    """Text that is no Markdown, in one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(visible(text).split()))


def _tame(text: str) -> str:
    """Markdown whose HTML and pictures are text; code stays as it is, and a fence that was left open is closed."""
    lines: list[str] = []
    fence = ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line[mark.end() :].strip():
                fence = ""
        elif mark:
            fence = mark[1]
        else:
            pieces = _CODE.split(line)
            line = "".join(piece if index % 2 else _TAG.sub(r"\\\g<0>", piece) for index, piece in enumerate(pieces))
        lines.append(line)
    return "\n".join([*lines, fence] if fence else lines)
