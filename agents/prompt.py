"""Prompt templates: Markdown files with a system part and a user part.

Placeholders are ``{lower_case}`` words. They are replaced in one pass, so braces in the data can not be taken for one.
"""

import re
from functools import cache
from importlib import resources
from typing import Literal

from coreagent.messages import Message
from coreagent.plans import RoleName

Template = RoleName | Literal["step_planner", "step_caller", "step_summarizer"]
"""A file under ``prompts``: one for each role, and one for each role of the step protocol."""

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_PART = re.compile(r"^# (System|User)\s*$", re.MULTILINE)


@cache
def _parts(template: Template) -> tuple[str, str]:
    text = resources.files("coreagent.agents").joinpath("prompts", f"{template}.md").read_text(encoding="utf-8")
    _, *pieces = _PART.split(text)
    found = {pieces[i]: pieces[i + 1].strip() for i in range(0, len(pieces), 2)}
    return found["System"], found["User"]


def fill(template: str, values: dict[str, str]) -> str:
    """Replace every placeholder of the template; empty values leave no empty lines behind.

    Raises:
        KeyError: the template names a placeholder that has no value.
    """
    filled = _PLACEHOLDER.sub(lambda match: values[match[1]], _without_empty_lines(template, values))
    return filled.strip()


def messages(template: Template, *, system: dict[str, str], user: dict[str, str]) -> tuple[Message, ...]:
    """The system and the user message of a template.

    Raises:
        KeyError: the template names a placeholder that has no value.
    """
    system_template, user_template = _parts(template)
    return (Message.system(fill(system_template, system)), Message.user(fill(user_template, user)))


def _without_empty_lines(template: str, values: dict[str, str]) -> str:
    # A line that is nothing but a placeholder without content would leave a gap a model stumbles over.
    kept: list[str] = []
    for line in template.split("\n"):
        alone = _PLACEHOLDER.fullmatch(line.strip())
        if alone and not values[alone[1]]:
            continue
        kept.append(line)
    return "\n".join(kept)
