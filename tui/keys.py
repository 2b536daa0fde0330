"""Every key of the app: one table that bindings, help, palette and the settings' ``[tui.keys]`` are made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from textual.binding import Binding

from coreagent.errors import SettingsError

Scope = Literal["anywhere", "prompt", "conversation", "work", "approval"]


@dataclass(frozen=True, slots=True)
class Key:
    """An action with the keys that do it. ``id`` is its name in the settings, ``action`` what Textual calls."""

    id: str
    keys: str
    words: str
    scope: Scope = "anywhere"
    shown: bool = False
    """In the line at the foot of the screen."""
    priority: bool = False
    """Holds also while a text is edited, against the editor's own key."""

    @property
    def action(self) -> str:
        """``stop`` for ``action_stop``."""
        return self.id.replace("-", "_")


KEYS: tuple[Key, ...] = (
    Key("help", "f1", "Help", shown=True),
    Key("work-pane", "f2", "Show or hide the work pane", shown=True),
    Key("graph", "f3", "Graph of the run"),
    Key("timeline", "f4", "Timeline of the run"),
    Key("models", "f5", "Models"),
    Key("corpora", "f6", "Corpora"),
    Key("memory", "f7", "Memory"),
    Key("evaluation", "f8", "Evaluation"),
    Key("settings", "f9", "Settings"),
    Key("export", "f10", "Export the conversation"),
    Key("palette", "ctrl+p", "Command palette", shown=True, priority=True),
    Key("sessions", "ctrl+o", "Open another conversation", shown=True, priority=True),
    Key("new", "ctrl+n", "New conversation", priority=True),
    Key("search", "ctrl+f", "Search everything ever said", shown=True, priority=True),
    Key("budget", "ctrl+b", "Set the budget", priority=True),
    Key("stop", "ctrl+c", "Copy what is selected, else stop the answer", priority=True),
    Key("go-on", "ctrl+y", "Go on with a stopped or waiting answer", priority=True),
    Key("quit", "ctrl+q", "Quit", shown=True, priority=True),
    Key("send", "enter", "Send", "prompt", shown=True),
    Key("new-line", "shift+enter,ctrl+j,alt+enter", "New line", "prompt"),
    Key("earlier", "up", "Earlier question (on the first line)", "prompt"),
    Key("later", "down", "Later question (on the last line)", "prompt"),
    Key("complete", "tab", "Complete a command, file or corpus", "prompt"),
    Key("editor", "ctrl+g", "Write in $EDITOR", "prompt"),
    Key("to-conversation", "escape", "To the conversation", "prompt"),
    Key("to-prompt", "escape,i", "Back to the prompt", "conversation"),
    Key("previous-turn", "up,k", "Turn before", "conversation"),
    Key("next-turn", "down,j", "Next turn", "conversation"),
    Key("first-turn", "home,g", "First turn", "conversation"),
    Key("last-turn", "end,G", "Last turn", "conversation"),
    Key("edit-turn", "e", "Edit the question and ask again", "conversation"),
    Key("regenerate", "r", "Answer again with another model, beside this answer", "conversation"),
    Key("branch", "b", "Branch a new conversation here", "conversation"),
    Key("copy-answer", "c", "Copy the answer", "conversation"),
    Key("copy-code", "C", "Copy a code block of the answer", "conversation"),
    Key("footnote", "f,1,2,3,4,5,6,7,8,9", "Open the source of a footnote", "conversation"),
    Key("version-left", "left", "Version of the answer before", "conversation"),
    Key("version-right", "right", "Next version of the answer", "conversation"),
    Key("turn-work", "w,enter", "Show how this answer came about", "conversation"),
    Key("details", "enter", "Everything about this step", "work"),
    Key("next-view", "v", "Plan, graph, timeline, events", "work"),
    Key("leave-work", "escape", "Back to the prompt", "work"),
    Key("allow-once", "a", "Allow once", "approval"),
    Key("allow-session", "s", "Allow this tool for this session", "approval"),
    Key("edit-call", "e", "Change the arguments", "approval"),
    Key("deny", "d", "Deny, with a reason", "approval"),
    Key("decide-later", "escape", "Decide later", "approval"),
)


def bindings(scope: Scope) -> list[Binding]:
    """Textual's bindings of one scope; their ids are what a keymap changes."""
    return [
        Binding(key.keys, key.action, key.words, show=key.shown, priority=key.priority, id=key.id)
        for key in KEYS
        if key.scope == scope
    ]


def keymap(chosen: Mapping[str, str]) -> dict[str, str]:
    """The keymap for Textual from the settings' ``[tui.keys]``.

    Raises:
        SettingsError: there is no such action, or a key would do two things in one place.
    """
    known = {key.id: key for key in KEYS}
    for name in chosen:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            mend = f"Did you mean {close[0]}?" if close else f"Actions: {', '.join(known)}."
            raise SettingsError(f"there is no action {name!r}", key=f"tui.keys.{name}", mend=mend)
    _check_clashes({**{name: key.keys for name, key in known.items()}, **chosen}, known, chosen)
    return dict(chosen)


def _check_clashes(keys: Mapping[str, str], known: Mapping[str, Key], chosen: Mapping[str, str]) -> None:
    for name in chosen:
        for other, theirs in keys.items():
            scopes = {known[name].scope, known[other].scope}
            if other == name or not (len(scopes) == 1 or "anywhere" in scopes):
                continue
            for key in _split(keys[name]) & _split(theirs):
                raise SettingsError(
                    f"{key} would do two things: {known[name].words!r} and {known[other].words!r}",
                    key=f"tui.keys.{name}",
                    mend=f"Give {other} another key too, or take another for {name}.",
                )


def _split(keys: str) -> set[str]:
    return {key.strip() for key in keys.split(",") if key.strip()}
