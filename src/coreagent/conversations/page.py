"""A conversation as one web page that needs nothing else: no network, no other file, no script.

Whatever a model, a document or a person wrote is escaped, with control characters shown. The page's content security
policy names its style by its hash, so that the browser loads and runs nothing else even if a text got through.
"""

import base64
import functools
import hashlib
from collections.abc import Sequence
from html import escape
from importlib import resources

from markdown_it import MarkdownIt

from coreagent.conversations.records import Conversation, Turn
from coreagent.conversations.told import STEP_HEADINGS, conversation_facts, step, turn_facts, turn_name
from coreagent.runs.database import storable
from coreagent.visible import visible


def html(conversation: Conversation, turns: Sequence[Turn]) -> str:
    """The page. An answer's Markdown is laid out, without pictures; HTML in it is shown as text."""
    style = (resources.files("coreagent.conversations") / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    title = _plain(conversation.title or "A conversation")
    pieces = [
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n',
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{digest}';"
        " base-uri 'none'; form-action 'none'\">\n",
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
        '<meta name="referrer" content="no-referrer">\n',
        f"<title>{title}</title>\n<style>{style}</style>\n",
        f'<h1 dir="auto">{title}</h1>\n{_facts(conversation_facts(conversation))}',
        *map(_turn, turns),
        "</html>\n",
    ]
    return storable("".join(pieces))


def _turn(turn: Turn) -> str:
    name = turn_name(turn)
    pieces = [
        f'<article id="turn-{turn.position}-{turn.version}">\n<h2>{name}</h2>\n',
        f'<div class="question" dir="auto">{_plain(turn.question)}</div>\n',
    ]
    if turn.text:
        pieces.append(f'<div class="answer" dir="auto">{_laid_out(turn.text)}</div>\n')
    if turn.error or turn.mend:
        pieces.append(f'<p class="error" dir="auto">{_plain(turn.error or turn.state)} {_plain(turn.mend)}</p>\n')
    answer = turn.answer
    if answer is not None and answer.citations:
        items = "".join(f'<li dir="auto">{_plain(str(citation))}</li>' for citation in answer.citations)
        pieces.append(f'<ol class="sources">{items}</ol>\n')
    pieces.append(_facts(turn_facts(turn)))
    if answer is not None and answer.decisions:
        pieces.append(_steps(turn))
    return "".join(pieces) + "</article>\n"


def _steps(turn: Turn) -> str:
    heads = "".join(f'<th scope="col">{heading}</th>' for heading in STEP_HEADINGS)
    rows = "".join(
        "<tr>"
        + "".join(f"<td>{_plain(cell)}</td>" for cell in (line.role, line.model, line.policy, line.why))
        + "</tr>"
        for line in map(step, turn.answer.decisions if turn.answer else ())
    )
    return (
        f'<details><summary>Decisions</summary><div class="scroll"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></details>\n"
    )


def _facts(facts: Sequence[str]) -> str:
    return f'<p class="facts" dir="auto">{_plain(" · ".join(facts))}</p>\n'


def _plain(text: str) -> str:
    return escape(visible(text))


@functools.cache
def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def _laid_out(text: str) -> str:
    laid_out: str = _reader().render(visible(text))
    return laid_out
