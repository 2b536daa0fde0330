"""A message in place: what happened and the way on, above the prompt until the next question or escape."""

from textual.content import Content
from textual.widgets import Static

from coreagent.errors import CoreAgentError
from coreagent.visible import visible


class Notice(Static):
    """One to a few lines; hidden when there is nothing to say."""

    DEFAULT_CSS = """
    Notice { height: auto; max-height: 6; padding: 0 1; display: none; background: $panel; color: $text; }
    Notice.-said { display: block; }
    Notice.-error { border-left: outer $error; }
    Notice.-warning { border-left: outer $warning; }
    .-screen-reader Notice { border-left: none; }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self.said = ""

    def say(self, words: str, *, severity: str = "information") -> None:
        """Show words; an error or a warning also says so in words, for those who see no colour."""
        mark = {"error": "error: ", "warning": "warning: "}.get(severity, "")
        self.said = f"{mark}{visible(words)}".strip()
        self.update(Content(self.said))
        self.set_class(bool(self.said), "-said")
        self.set_class(severity == "error", "-error")
        self.set_class(severity == "warning", "-warning")

    def error(self, error: CoreAgentError) -> None:
        """What went wrong, and how to mend it."""
        self.say(f"{error} {error.mend}".strip(), severity="error")

    def clear(self) -> None:
        """Nothing to say any more."""
        self.say("")
