"""What the arguments of commands mean, and what is said of those that mean nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from coreagent.budget import UNLIMITED, Budget
from coreagent.errors import CoreAgentError
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
from coreagent.tui.prompt.commands import Call, Command, Commands, Unknown, question_of

MODELS = {"summarizer": ("a/small", "b/large"), "planner": ("p",)}


@pytest.mark.parametrize(
    ("text", "now", "budget"),
    [
        ("usd=0.5", UNLIMITED, Budget(usd=0.5)),
        ("tokens=20000 calls=3", Budget(usd=1), Budget(usd=1, tokens=20_000, calls=3)),
        ("usd=none", Budget(usd=1, calls=2), Budget(calls=2)),
        ("none", Budget(usd=1), UNLIMITED),
    ],
)
def test_budgets(text: str, now: Budget, budget: Budget) -> None:
    assert budget_of(text, now) == budget


def test_pins_models_flags_and_corpora() -> None:
    assert pins_of("summarizer=a/small", {"planner": "p"}, MODELS) == {"planner": "p", "summarizer": "a/small"}
    assert pins_of("summarizer=auto", {"summarizer": "a/small"}, MODELS) == {}
    assert pins_of("auto", {"summarizer": "a/small"}, MODELS) == {}
    assert model_of("b/large", MODELS) == "b/large"
    assert model_of("", MODELS) == ""
    assert flags_of("size=0.3", {"energy": 1.0}) == {"energy": 1.0, "size": 0.3}
    assert flags_of("size=off", {"size": 1.0}) == {}
    assert flags_of("off", {"size": 1.0}) == {}
    assert corpora_of('primer, "my notes" primer', ("primer", "my notes")) == ("primer", "my notes")
    assert corpora_of("all", ("primer",)) == ()


def test_labels_titles_and_paths() -> None:
    assert str(sensitivity_of("Confidential")) == "confidential"
    assert title_of(" Fronthaul  delays ")
    assert path_of('"my notes.md"') == Path("my notes.md")
    assert export_of("") == ("markdown", None)
    assert export_of("html") == ("html", None)
    assert export_of("notes.jsonl") == ("jsonl", Path("notes.jsonl"))
    assert export_of('html "my notes"') == ("html", Path("my notes"))


@pytest.mark.parametrize(
    ("parse", "words"),
    [
        (lambda: budget_of("eur=1", UNLIMITED), "eur"),
        (lambda: budget_of("usd=-1", UNLIMITED), "-1"),
        (lambda: budget_of("usd=nan", UNLIMITED), "nan"),
        (lambda: budget_of("calls=1.5", UNLIMITED), "1.5"),
        (lambda: budget_of("usd", UNLIMITED), "usd"),
        (lambda: pins_of("cook=a", {}, MODELS), "cook"),
        (lambda: pins_of("planner=a/small", {}, MODELS), "a/small"),
        (lambda: model_of("c", MODELS), "c"),
        (lambda: flags_of("sise=1", {}), "sise"),
        (lambda: flags_of("size=x", {}), "x"),
        (lambda: corpora_of("nope", ("primer",)), "nope"),
        (lambda: corpora_of('"open', ("primer",)), "quote"),
        (lambda: sensitivity_of("secret"), "secret"),
        (lambda: title_of("  "), "title"),
        (lambda: export_of("notes.pdf"), "notes.pdf"),
        (lambda: export_of("html a b"), "one path"),
        (lambda: path_of(""), "path"),
    ],
)
def test_what_means_nothing_says_so_and_how_to_mend_it(parse: Callable[[], object], words: str) -> None:
    with pytest.raises(CoreAgentError, match=words) as raised:
        parse()
    assert raised.value.mend


def test_lines_are_questions_or_commands() -> None:
    commands = Commands((Command("help", "All"), Command("search", "Search", "WORDS")))
    assert commands.parse("What is A1?") is None
    assert commands.parse("/search A1 policies") == Call("search", "A1 policies")
    assert commands.parse("/HELP") == Call("help")
    assert commands.parse("/serch x") == Unknown("serch", "search")
    assert commands.parse("/zzz") == Unknown("zzz")
    assert commands.parse("//help") is None
    assert commands.parse("/etc/hosts is wrong") is None
    assert question_of("//help") == "/help"
    assert [command.name for command in commands.beginning("s")] == ["search"]
