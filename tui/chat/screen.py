"""The main screen: the conversation, the work behind it, the prompt."""

import time
from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Footer, Static

from coreagent.errors import CoreAgentError
from coreagent.tui.chat.notice import Notice
from coreagent.tui.prompt.prompt import Prompt
from coreagent.visible import visible

if TYPE_CHECKING:
    from coreagent.tui.app import ChatApp
    from coreagent.tui.chat.desk import Desk

ROOM_FOR_WORK = 100
"""Columns from which the work pane stands beside the conversation."""


class ChatScreen(Screen[None]):
    """Painted at once with the prompt alone; the rest is put in behind, see :meth:`furnish`."""

    DEFAULT_CSS = """
    ChatScreen { layout: vertical; }
    ChatScreen #top { height: 1; background: $panel; color: $text; padding: 0 1; }
    ChatScreen #title { width: 1fr; height: 1; text-wrap: nowrap; text-overflow: ellipsis; text-style: bold; }
    ChatScreen #body { height: 1fr; }
    ChatScreen #conversation { width: 3fr; height: 1fr; }
    ChatScreen #welcome { height: 1fr; padding: 1 2; color: $text-muted; }
    ChatScreen WorkPane { width: 2fr; min-width: 40; border-left: solid $panel; display: none; }
    ChatScreen.-work WorkPane { display: block; }
    ChatScreen.-narrow.-work #conversation { display: none; }
    ChatScreen.-narrow WorkPane { width: 1fr; border-left: none; }
    .-screen-reader ChatScreen WorkPane { border-left: none; }
    """

    def __init__(self) -> None:
        super().__init__(id="chat")
        self.notice = Notice()
        self.prompt = Prompt()
        self.desk: Desk | None = None
        """Everything behind the prompt, once it is there."""
        self._shown: bool | None = None

    @property
    def chat(self) -> "ChatApp":
        """The app, by its type."""
        return cast("ChatApp", self.app)

    def compose(self) -> ComposeResult:
        """What the first paint shows."""
        with Horizontal(id="top"):
            yield Static("coreagent", id="title", markup=False)
        with Horizontal(id="body"), Vertical(id="conversation"):
            yield Static(WELCOME, id="welcome", markup=False)
        yield self.notice
        yield self.prompt
        yield Footer()

    def on_mount(self) -> None:
        """Type at once."""
        self.prompt.focus()
        self.call_after_refresh(self.furnish)

    def furnish(self) -> None:
        """Load what a conversation needs, after the first paint."""
        self.chat.painted_s = time.perf_counter()
        self.run_worker(self._furnish(), group="furnish", exit_on_error=True)

    async def _furnish(self) -> None:
        from coreagent.tui.chat.desk import Desk  # noqa: PLC0415  (after the first paint: it loads half of the app)

        desk = Desk(self)
        await desk.set_up()
        self.desk = desk
        await desk.begin()

    def title_line(self, words: str) -> None:
        """The conversation's title and what is open beside it."""
        self.query_one("#title", Static).update(visible(words))

    def show_work(self, shown: bool) -> None:
        """Show the work pane or hide it."""
        self._shown = shown
        self._arrange(self.size.width)

    @property
    def work_shown(self) -> bool:
        """The work pane is on the screen."""
        return self.has_class("-work")

    def on_resize(self, event: Resize) -> None:
        """Beside the conversation where there is room, in its place where there is not."""
        self._arrange(event.size.width)

    def _arrange(self, width: int) -> None:
        narrow = width < ROOM_FOR_WORK or self.app.has_class("-screen-reader")
        wanted = self.chat.start.appearance.work_pane and not narrow if self._shown is None else self._shown
        self.set_class(narrow, "-narrow")
        self.set_class(wanted, "-work")

    # --- the prompt --------------------------------------------------------

    def on_prompt_sent(self, event: Prompt.Sent) -> None:
        """A question or a command."""
        event.stop()
        if self.desk is None:
            # Typed before everything was there: it is sent when it is.
            self.chat.waiting.append(event)
            self.notice.say("starting; your question is asked in a moment")
            return
        self.run_worker(self.desk.sent(event), group="sent", exit_on_error=True)

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        """What is typed and not sent is kept too."""
        event.stop()
        if self.desk is not None:
            self.run_worker(self.desk.keep_draft(event.text), group="draft", exclusive=True)

    def tell(self, error: CoreAgentError) -> None:
        """An error in place."""
        self.notice.error(error)


WELCOME = """\
Ask a question about your network, O-RAN or your own documents.

Enter sends, Shift+Enter or Ctrl+J begins a new line, / shows the commands, @ attaches a file or a corpus.
F1 shows all keys, F2 the work behind an answer, Ctrl+P everything else."""
