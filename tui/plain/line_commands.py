"""What each command of the line mode does."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from coreagent.budget import UNITS
from coreagent.conversations.records import Conversation, Hit, Turn
from coreagent.errors import InputError, KnowledgeError, UsageError
from coreagent.labels import Label
from coreagent.tui.chat.conversing import Conversing
from coreagent.tui.chat.keeping import Keeper
from coreagent.tui.prompt.arguments import (
    budget_of,
    corpora_of,
    export_of,
    flags_of,
    model_of,
    path_of,
    pins_of,
    sensitivity_of,
    title_of,
)
from coreagent.tui.prompt.commands import Call, Command, Commands
from coreagent.tui.seams.engine import Engine, Facts
from coreagent.visible import visible

Act = Callable[[str], Awaitable[None] | None]

COMMANDS = (
    Command("help", "All commands"),
    Command("new", "Begin a conversation"),
    Command("chats", "List conversations, the last used first"),
    Command("open", "Open another conversation", "ID"),
    Command("search", "Search everything ever said", "WORDS"),
    Command("rename", "Give this conversation another title", "TITLE"),
    Command("export", "Write this conversation to a file", "[markdown|html|jsonl] [PATH]"),
    Command("import", "Read conversations from a file", "PATH"),
    Command("branch", "Go on from the last turn in a new conversation"),
    Command("again", "Answer the last question again, with another model if one is named", "[MODEL]"),
    Command("continue", "Go on with an answer that waits, was stopped, or failed"),
    Command("why", "Which model did each call of the last answer, and why"),
    Command("source", "Show the source of a footnote of the last answer", "NUMBER"),
    Command("attach", "Read a file or folder into a corpus of this conversation's own", "PATH"),
    Command("model", "Fix a model for a role, or let routing choose", "[ROLE=NAME|ROLE=auto]"),
    Command("corpus", "Choose the corpora that answers rest on", "[NAME ...|all]"),
    Command("label", "Set how sensitive this conversation is at least", "LEVEL"),
    Command("budget", "Show or set limits for this conversation", "[usd=.. tokens=.. calls=.. seconds=..|none]"),
    Command("flag", "Wish for small, recent, secure, terse, readable or frugal models", "NAME=WEIGHT|off"),
    Command("quit", "End; everything is kept"),
)
ATTACHED_LABEL = "internal"
"""What a person has on disk is not public until somebody says so."""
SOURCE_CHARS = 800


class Desk(Protocol):
    """What the commands act on: the open conversation, who keeps it, and who is spoken to."""

    keeper: Keeper
    say: Callable[[str], None]
    tell: Callable[[str], None]

    @property
    def open(self) -> Conversing:
        """The open conversation."""
        ...

    def chosen(self) -> Turn:
        """The last turn."""
        ...

    async def engine(self) -> Engine:
        """The system."""
        ...

    async def show(self, conversation: Conversation) -> None:
        """Open a conversation."""
        ...

    async def new(self) -> None:
        """Begin a conversation."""
        ...

    async def settled(self) -> None:
        """Wait until what was asked has ended."""
        ...

    def end(self) -> None:
        """Read no further line."""
        ...


class LineCommands:
    """The commands by name."""

    def __init__(self, mode: Desk) -> None:
        self.commands = Commands(COMMANDS)
        self._mode = mode
        self._store = mode.keeper.store
        self._acts: dict[str, Act] = {
            "help": self.help,
            "new": lambda _: mode.new(),
            "chats": self.chats,
            "open": self.open,
            "search": self.search,
            "rename": self.rename,
            "export": self.export,
            "import": self.import_,
            "branch": self.branch,
            "again": self.again,
            "continue": self.go_on,
            "why": self.why,
            "source": self.source,
            "attach": self.attach,
            "model": self.model,
            "corpus": self.corpus,
            "label": self.label,
            "budget": self.budget,
            "flag": self.flag,
            "quit": lambda _: mode.end(),
        }

    async def run(self, call: Call) -> None:
        """Do it.

        Raises:
            CoreAgentError: the arguments make no sense, or it can not be done now.
        """
        done = self._acts[call.name](call.arguments)
        if inspect.isawaitable(done):
            await done

    def help(self, _: str) -> None:
        """All commands."""
        for command in self.commands:
            self._tell(f"/{command.name} {command.usage}".rstrip() + f": {command.words}")
        self._tell("//text asks a question that begins with a slash; Ctrl-C stops an answer")

    # --- conversations -------------------------------------------------------

    async def chats(self, _: str) -> None:
        """The last used conversations."""
        for chat in await self._mode.keeper.do(self._store.list, 20):
            self._tell(f"{chat.id}  {chat.turns:>4} turns  ${chat.usd:.4g}  {chat.title or '(a draft)'}")

    async def open(self, arguments: str) -> None:
        """Open one of them."""
        if not arguments:
            raise UsageError("which conversation?", mend="/open ID, its beginning, or last; /chats lists them.")
        await self._mode.show(await self._mode.keeper.do(self._store.get, arguments))

    async def search(self, arguments: str) -> None:
        """Turns that hold all words."""
        hits: tuple[Hit, ...] = await self._mode.keeper.do(self._store.search, arguments, limit=20)
        for hit in hits:
            self._tell(f"{hit.conversation}  turn {hit.position + 1}  {hit.title}")
            self._tell(f"    {_marked(hit)}")
        self._tell(f"{len(hits)} found" + ("; /open ID goes there" if hits else ""))

    async def rename(self, arguments: str) -> None:
        """Another title."""
        conversing = self._mode.open
        title = title_of(arguments)
        await self._mode.keeper.do(self._store.rename, conversing.conversation.id, title)
        conversing.conversation = replace(conversing.conversation, title=title)

    async def export(self, arguments: str) -> None:
        """Write a file that is not there yet."""
        from coreagent.conversations import export  # noqa: PLC0415  (seldom needed)

        kind, path = export_of(arguments)
        chat = await self._mode.keeper.do(self._store.get, self._mode.open.conversation.id)
        target = path or Path(f"conversation-{chat.id}{export.ENDINGS[kind]}")
        if target.exists():
            raise InputError(f"{target} exists", mend=f"Name another file: /export {kind} PATH.")
        turns = await self._mode.keeper.do(self._store.turns, chat.id)
        await asyncio.to_thread(export.write_export, target, kind, chat, turns)
        self._tell(f"wrote {len(turns)} turns to {target}")

    async def import_(self, arguments: str) -> None:
        """Take in the conversations of a file."""
        from coreagent.conversations.importing import import_into  # noqa: PLC0415  (seldom needed)

        for taken in await self._mode.keeper.do(import_into, self._store, path_of(arguments)):
            known = f", {taken.known} were here already" if taken.known else ""
            self._tell(f"{taken.conversation.id}  {taken.added} turns added{known}")

    async def branch(self, _: str) -> None:
        """Go on from the last turn elsewhere."""
        await self._mode.show(await self._mode.open.branch(self._mode.chosen()))

    # --- answers -------------------------------------------------------------

    async def again(self, arguments: str) -> None:
        """Another version of the last answer."""
        conversing, turn = self._mode.open, self._mode.chosen()
        model = model_of(arguments, (await self._facts()).models)
        models = {**turn.asking.models, "summarizer": model} if model else turn.asking.models
        conversing.again(turn, replace(turn.asking, models=models))
        await self._mode.settled()

    async def go_on(self, _: str) -> None:
        """Take up what waits, was stopped or failed."""
        conversing, turn = self._mode.open, self._mode.chosen()
        if turn.run_id:
            conversing.go_on(turn)
        else:
            conversing.again(turn, turn.asking)
        await self._mode.settled()

    def why(self, _: str) -> None:
        """Each call's model, and why that one."""
        from coreagent.conversations.told import step  # noqa: PLC0415  (seldom needed)

        answer = self._mode.chosen().answer
        for decision in answer.decisions if answer else ():
            line = step(decision)
            self._tell(f"{line.role}: {line.model} by {line.policy}: {line.why}")

    async def source(self, arguments: str) -> None:
        """The clause behind a footnote, the cited text between marks."""
        answer = self._mode.chosen().answer
        citations = answer.citations if answer else ()
        number = int(arguments) if arguments.isdecimal() else 0
        if not 1 <= number <= len(citations):
            raise UsageError(f"there is no footnote {arguments!r}", mend=f"The last answer has {len(citations)}.")
        engine = await self._mode.engine()
        clause = await engine.chat.clause(citations[number - 1], around=SOURCE_CHARS)
        cited = (
            f"{clause.text[: clause.start]}>>>{clause.text[clause.start : clause.end]}<<<{clause.text[clause.end :]}"
        )
        self._tell(f"{clause.title}: {clause.citation}")
        self._mode.say(f"{visible(cited if clause.end > clause.start else clause.text).strip()}\n")

    async def attach(self, arguments: str) -> None:
        """Read files for the rest of this conversation; other conversations do not see them."""
        conversing = self._mode.open
        facts = await self._facts()
        corpus = f"chat-{conversing.conversation.id[:8].lower()}"
        engine = await self._mode.engine()
        added = await engine.corpora.add([path_of(arguments)], name=corpus, label=ATTACHED_LABEL)
        if added.failed:
            path, reason = added.failed[0]
            raise KnowledgeError(f"{path} can not be attached: {reason}", mend="Mend it or leave it out.")
        others = conversing.asking.corpora or tuple(name for name in facts.corpora if not name.startswith("chat-"))
        conversing.asking = replace(conversing.asking, corpora=tuple(dict.fromkeys((corpus, *others))))
        count = added.added + added.replaced + added.unchanged
        self._tell(f"{count} file{'' if count == 1 else 's'} attached as {corpus} ({ATTACHED_LABEL})")

    # --- how it is asked -----------------------------------------------------

    async def model(self, arguments: str) -> None:
        """Fix models for roles."""
        conversing = self._mode.open
        if arguments:
            pins = pins_of(arguments, conversing.asking.models, (await self._facts()).models)
            conversing.asking = replace(conversing.asking, models=pins)
        fixed = ", ".join(f"{role} is {name}" for role, name in sorted(conversing.asking.models.items()))
        self._tell(fixed or "routing chooses the model of every role")

    async def corpus(self, arguments: str) -> None:
        """Choose corpora."""
        conversing = self._mode.open
        if arguments:
            chosen = corpora_of(arguments, (await self._facts()).corpora)
            conversing.asking = replace(conversing.asking, corpora=chosen)
        names = ", ".join(conversing.asking.corpora)
        self._tell(f"answers rest on {names or 'the corpora of the settings, or all'}")

    def label(self, arguments: str) -> None:
        """The least label of what is said here from now on."""
        conversing = self._mode.open
        conversing.label = Label(sensitivity_of(arguments))
        self._tell(f"{conversing.label.sensitivity} at least: only models cleared for it see what is said here")

    def budget(self, arguments: str) -> None:
        """Show or set limits."""
        conversing = self._mode.open
        if arguments:
            conversing.budget = budget_of(arguments, conversing.budget)
        spent = conversing.spent
        self._tell(f"spent {spent.tokens:,} tokens, {spent.calls} calls, ${spent.usd:.4g}, {spent.seconds:.1f} s")
        limits = [f"{unit}={limit:g}" for unit in UNITS if (limit := getattr(conversing.budget, unit)) is not None]
        self._tell(f"limits: {' '.join(limits) or 'none'}")

    def flag(self, arguments: str) -> None:
        """Weigh routing's objectives."""
        conversing = self._mode.open
        flags = flags_of(arguments, conversing.asking.flags)
        conversing.asking = replace(conversing.asking, flags=flags)
        weights = " ".join(f"{name}={weight:g}" for name, weight in sorted(flags.items()))
        self._tell(f"routing weighs {weights or 'nothing in particular'}")

    async def _facts(self) -> Facts:
        return await (await self._mode.engine()).facts()

    def _tell(self, line: str) -> None:
        self._mode.tell(f"  {visible(line)}\n")


def _marked(hit: Hit) -> str:
    parts: list[str] = []
    at = 0
    for start, end in hit.marks:
        parts += [hit.excerpt[at:start], "*", hit.excerpt[start:end], "*"]
        at = end
    return " ".join("".join([*parts, hit.excerpt[at:]]).split())
