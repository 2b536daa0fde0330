"""What the README shows is what there is."""

import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from coreagent.cli.app import application
from coreagent.settings import parse_settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Fenced blocks; every second fence closes one, so they are taken in pairs."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [text for name, text in fenced if name == language]


def commands() -> list[str]:
    lines = [line for block in blocks("") for line in block.splitlines()]
    return [line.split("  #")[0].strip() for line in lines if line.startswith("coreagent ")]


def test_the_two_commands_come_first() -> None:
    first = blocks("")[0].splitlines()
    assert [line.split("#")[0].strip() for line in first] == ["make demo", "make test"]


def test_there_are_commands_to_check() -> None:
    assert len(commands()) > 10


@pytest.mark.parametrize("line", commands())
def test_every_command_exists_with_its_options(line: str) -> None:
    words = shlex.split(re.sub(r"<\s*\S+", "", line))[1:]
    command: click.Command = application
    context = click.Context(application)
    while isinstance(command, click.Group):
        name = words.pop(0)
        found = command.get_command(context, name)
        assert found is not None, name
        command, context = found, click.Context(found, parent=context)
    command.make_context(command.name, words, parent=context.parent)


def test_the_settings_are_valid() -> None:
    known = [parse_settings(tomllib.loads(text), text=text) for text in blocks("toml")]
    assert {name for settings in known for name in settings.models} == {"vllm/llama-3.1-8b", "openai/gpt-4o-mini"}
    assert any(settings.knowledge.reranker for settings in known)


def test_the_first_python_block_runs() -> None:
    first, *_ = blocks("python")
    scope: dict[str, object] = {}
    exec(compile(first, "README.md", "exec"), scope)
    agent = scope["agent"]
    assert getattr(scope["answer"], "status", "") == "complete"
    getattr(agent, "close_sync")()  # noqa: B009  (the block has no types)


def test_every_example_and_benchmark_it_names_exists() -> None:
    for path in re.findall(r"\]\((examples/\w+\.py)\)", README):
        assert (ROOT / path).is_file(), path
    for module in re.findall(r"python -m benchmarks\.([\w.]+)", README):
        place = ROOT / "benchmarks" / module.replace(".", "/")
        assert place.with_suffix(".py").is_file() or (place / "__main__.py").is_file(), module
