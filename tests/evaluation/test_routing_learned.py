"""A policy learned from an evaluation run is used by an agent, and explained by it."""

import json
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from coreagent.decision import Decision
from coreagent.evals.run_folder import RunFolder
from coreagent.evaluation.routing import train_router
from coreagent.evaluation.runs import Bench, evaluate
from coreagent.front import CoreAgent
from coreagent.routing.explain import explain
from coreagent.settings import AgentSettings, ModelSettings, PriceSettings, RoutingSettings, Settings
from coreagent.testing.openai_server import OpenAIServer
from coreagent.testing.replies import Computed

BUILTIN, STRONG = "builtin/summarizer", "strong/model"
PAINTS = ("red", "green", "blue")
OF_A_KIND = 30


def sums(first: int, count: int) -> list[dict[str, Any]]:
    """Questions that the built-in models answer with their calculator."""
    pairs = [(3 + number, 5 + 2 * number) for number in range(first, first + count)]
    return [
        {
            "id": f"sum{one}",
            "question": f"How much is {one}+{other}?",
            "options": [str(one + other - 2), str(one + other), str(one + other + 9)],
            "answer": "B",
        }
        for one, other in pairs
    ]


def masts(first: int, count: int) -> list[dict[str, Any]]:
    """Questions of which no corpus here knows anything."""
    return [
        {
            "id": f"mast{number}",
            "question": f"Which paint does the crew put on mast number {number} in spring?",
            "options": list(PAINTS),
            "answer": "ABC"[7 * number % 3],
        }
        for number in range(first, first + count)
    ]


def asked(row: dict[str, Any]) -> str:
    """A question as a person types it."""
    options = "\n".join(f"{letter}. {text}" for letter, text in zip("ABC", row["options"], strict=True))
    return f"{row['question']}\n{options}"


QUESTIONS = [*sums(0, OF_A_KIND), *masts(0, OF_A_KIND)]
NEW_SUM, NEW_MAST = sums(40, 1)[0], masts(90, 1)[0]
GOLD = {row["question"]: row["answer"] for row in (*QUESTIONS, NEW_SUM, NEW_MAST)}


def knowing(body: dict[str, Any]) -> str:
    """What the endpoint says: it knows every answer."""
    said = json.dumps(body["messages"])
    question = next(question for question in GOLD if question in said)
    return f"It is that [1].\n\nANSWER: {GOLD[question]}"


@asynccontextmanager
async def strong_endpoint() -> AsyncGenerator[Settings]:
    """Settings with a model that knows everything and has its price. What a draft is worth is not to change its writer:
    a trial in which two models wrote says nothing of either."""
    async with OpenAIServer([Computed(knowing)] * 500) as server:
        model = ModelSettings(
            base_url=server.base_url,
            roles=("summarizer",),
            price=PriceSettings(input_usd_per_mtok=10.0, output_usd_per_mtok=10.0),
            quality=0.9,
        )
        yield Settings(
            models={STRONG: model},
            routing=RoutingSettings(min_quality=0.1),
            agent=AgentSettings(max_replans=0, max_escalations=0),
        )


async def measured(settings: Settings, folder: Path) -> Path:
    """A run of the offline system, once as it is and once with the endpoint as its summarizer."""
    (folder / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in QUESTIONS), encoding="utf-8")
    return await evaluate(
        [f"own:{folder / 'mine.jsonl'}"],
        ["core", f'core:routing.fixed.summarizer="{STRONG}"'],
        bench=Bench(settings=settings, home=folder / "home"),
        folder=folder / "run",
    )


async def decided(agent: CoreAgent, row: dict[str, Any]) -> Decision:
    answer = await agent.ask(asked(row))
    assert f"ANSWER: {row['answer']}" in answer.text
    return next(decision for decision in answer.decisions if decision.role == "summarizer")


async def test_what_a_run_taught_decides_who_answers_and_is_explained(tmp_path: Path) -> None:
    async with strong_endpoint() as settings:
        run = await measured(settings, tmp_path)
        right = Counter(
            (record.key.system == "core", record.key.sample[:3])
            for record in RunFolder(run).records()
            if record.outcome == "right"
        )
        assert right[True, "sum"] == right[False, "sum"] == right[False, "mas"] == OF_A_KIND
        assert right[True, "mas"] < OF_A_KIND / 2

        trained = train_router([run], out=tmp_path / "router.npz", settings=settings)
        assert trained.outcomes.models == (BUILTIN, STRONG)
        assert trained.point is not None
        assert str(trained.point.wish) == "at most 1 point below the best model"
        ours, best = trained.report.line("the router"), trained.report.line("best single")
        assert best.name == f"best single: {STRONG}"
        assert ours.quality.value > 0.95
        assert ours.usd.value < 0.75 * best.usd.value

        learned = settings.model_copy(update={"routing": RoutingSettings(router=str(trained.path))})
        async with CoreAgent(settings=learned, home=tmp_path / "home") as agent:
            easy, hard = await decided(agent, NEW_SUM), await decided(agent, NEW_MAST)
    assert (easy.model, hard.model) == (BUILTIN, STRONG)
    for decision in (easy, hard):
        words = explain(decision)
        predicted = {entry.model: entry for entry in decision.candidates if not entry.excluded}
        assert set(predicted) == {BUILTIN, STRONG}
        assert f"{trained.path.name}@" in words
        for model, entry in predicted.items():
            assert entry.quality is not None
            assert entry.quality_by.startswith(f"{trained.path.name}@")
            line = next(line for line in words.splitlines() if f" {model} " in line and "router.npz@" in line)
            assert f"{entry.quality:.2f} (router.npz@" in line
