"""Learn from an evaluation which questions need the dear model, measure that, use it, and have it explained."""

import asyncio
import json
import tempfile
from pathlib import Path

from coreagent import CoreAgent
from coreagent.evaluation.routing import evaluate_policies, train_router
from coreagent.evaluation.runs import Bench, evaluate
from coreagent.routing.explain import explain
from coreagent.settings import AgentSettings, ModelSettings, PriceSettings, RoutingSettings, Settings
from coreagent.testing.openai_server import OpenAIServer
from coreagent.testing.replies import Computed

# The built-in models calculate; who looks after which site only the stand-in for a dear model knows.
EASY = [(f"How much is {n}+{2 * n}?", [str(3 * n - 1), str(3 * n), str(3 * n + 5)], "B") for n in range(4, 34)]
HARD = [(f"Who looks after site number {n}?", ["Ann", "Bo", "Cy"], "ABC"[7 * n % 3]) for n in range(30)]
KNOWN = {question: answer for question, _, answer in [*EASY, *HARD]}
NEW = ["How much is 40+80?\nA. 119\nB. 120\nC. 125", "Who looks after site number 77?\nA. Ann\nB. Bo\nC. Cy"]
STRONG = "strong/model"


def knows(body: dict[str, object]) -> str:
    """What the stand-in says."""
    asked = json.dumps(body["messages"])
    answer = next((answer for question, answer in KNOWN.items() if question in asked), "A")
    return f"It is that [1].\n\nANSWER: {answer}"


async def main(place: Path) -> None:
    """Measure both, train, replay, ask."""
    rows = [{"question": asked, "options": options, "answer": answer} for asked, options, answer in [*EASY, *HARD]]
    questions = place / "questions.jsonl"
    questions.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    async with OpenAIServer([Computed(knows)] * 500) as server:
        price = PriceSettings(input_usd_per_mtok=2, output_usd_per_mtok=8)
        model = ModelSettings(base_url=server.base_url, roles=("summarizer",), price=price, quality=0.9)
        settings = Settings(
            models={STRONG: model},
            routing=RoutingSettings(min_quality=0.1),
            agent=AgentSettings(max_replans=0, max_escalations=0),
        )
        systems = ["core", f'core:routing.fixed.summarizer="{STRONG}"']
        bench = Bench(settings=settings, home=place)
        run = await evaluate([f"own:{questions}"], systems, bench=bench, folder=place / "run")
        result = train_router([run], out=place / "router.npz", settings=settings)
        print(result.point.words if result.point else "no costs are known")
        for line in evaluate_policies([run], folds=5, settings=settings).lines:
            print(f"{line.name:42} {line.quality.value:.2f} right, ${1000 * line.usd.value:.2f} per 1,000")
        learned = settings.model_copy(update={"routing": RoutingSettings(router=str(result.path))})
        async with CoreAgent(settings=learned, home=place) as agent:
            for question in NEW:
                answer = await agent.ask(question)
                print(explain(next(entry for entry in answer.decisions if entry.role == "summarizer")))


with tempfile.TemporaryDirectory() as scratch:
    asyncio.run(main(Path(scratch)))
