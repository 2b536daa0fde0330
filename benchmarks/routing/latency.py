"""How long a decision takes: 10,000 of them over ten candidates, with the shipped embedder, and what memory does.

``python -m benchmarks.routing.latency`` prints the whole decision (eligibility, embedding, features, prediction,
policy, record) beside its parts, in milliseconds, and the resident memory after each thousand. The router is trained on
made outcomes of ten models; prompts are made too, 10 to 120 words, no two alike, so that no cache helps.
"""

import argparse
import gc
import resource
import time
from collections.abc import Callable

import numpy as np

from coreagent.knowledge.embedding.static_embedder import StaticEmbedder
from coreagent.models.card import Latency, ModelCard, Price
from coreagent.routing.learning.fitting import fit_router
from coreagent.routing.learning.trained import TrainedRouter
from coreagent.routing.outcomes import Outcomes
from coreagent.routing.policies import best, prefer_local, trade, within
from coreagent.routing.request import RoutingRequest
from coreagent.routing.router import Router

MODELS = 10
_TEXT = (
    "what which how why does the a an of in between interface cell handover slice latency throughput policy alarm near"
    " RIC xApp rApp gNB UPF SMF AMF scheduler beam carrier antenna prefix route BGP OSPF VLAN packet loss jitter clock"
    " phase synchronisation energy saving configuration procedure parameter message timer threshold measurement report"
    " 5 12 64 100 3500 MHz dB dBm ms percent option A B C D is are when after before with without fails rises drops"
)
WORDS = _TEXT.split()


def prompts(count: int, rng: np.random.Generator) -> list[str]:
    """Made questions: 10 to 120 words, median about 40."""
    lengths = np.clip(rng.lognormal(np.log(40), 0.5, count), 10, 120).astype(int)
    return [" ".join(rng.choice(WORDS, length)) + "?" for length in lengths]


def made_outcomes(rng: np.random.Generator, rows: int = 2_000) -> Outcomes:
    """Ten models of rising ability; what is long or names a protocol is harder."""
    texts = prompts(rows, rng)
    hard = np.array([len(text) / 300 + 0.8 * ("BGP" in text) + 0.6 * ("phase" in text) for text in texts])
    ability = np.linspace(0, 2, MODELS)
    chance = 1 / (1 + np.exp(hard[:, None] * 1.5 - ability[None, :]))
    scores = (rng.random(chance.shape) < chance).astype(np.float32)
    tokens = rng.integers(20, 400, chance.shape).astype(np.float32)
    return Outcomes.of(texts, [f"m{number}" for number in range(MODELS)], scores, output_tokens=tokens)


def cards() -> dict[str, ModelCard]:
    """Ten models, the better the dearer, the first half on site."""
    return {
        f"m{number}": ModelCard(
            name=f"m{number}",
            adapter="openai_compatible",
            model=f"m{number}",
            context_tokens=32_768,
            price=Price(0.1 * 2**number, 0.3 * 2**number),
            latency=Latency(0.05 * (number + 1), 0.01),
            placement="site" if number < MODELS // 2 else "cloud",
        )
        for number in range(MODELS)
    }


def timed(work: Callable[[RoutingRequest], object], requests: list[RoutingRequest]) -> np.ndarray:
    """Milliseconds of each."""
    took = np.empty(len(requests))
    for place, request in enumerate(requests):
        started = time.perf_counter()
        work(request)
        took[place] = time.perf_counter() - started
    return took * 1000


def line(name: str, took: np.ndarray) -> str:
    """One row of the table."""
    p50, p95, p99 = np.quantile(took, [0.5, 0.95, 0.99])
    return f"{name:44} p50 {p50:7.3f}   p95 {p95:7.3f}   p99 {p99:7.3f} ms"


def resident_mb() -> float:
    """Of this process now, in MB."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def main() -> None:
    """Train, decide, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=10_000)
    count: int = parser.parse_args().decisions
    rng = np.random.default_rng(0)
    embedder = StaticEmbedder.load()
    trained: TrainedRouter = fit_router(made_outcomes(rng), embedder).router
    requests = [
        RoutingRequest(subtask="s", role="summarizer", text=text, input_tokens=len(text) // 4 + 200)
        for text in prompts(count, rng)
    ]
    policy = within(usd=1.0) | prefer_local() | trade(usd=0.001)
    router, plain = Router(cards(), policy, predictor=trained), Router(cards(), best())
    names = list(cards())
    for request in requests[:200]:
        router.decide(request)
    print(line("the embedder alone", timed(lambda r: embedder.embed_queries([r.text]), requests)))
    print(line("a decision without predictions", timed(plain.decide, requests)))
    print(line("predictions of ten models", timed(lambda r: trained.predict(r, names), requests)))
    gc.collect()
    before = resident_mb()
    parts: list[np.ndarray] = []
    memory: list[float] = []
    for start in range(0, count, max(1, count // 10)):
        parts.append(timed(router.decide, requests[start : start + max(1, count // 10)]))
        memory.append(resident_mb())
    print(line(f"a decision, {policy.name}", np.concatenate(parts)))
    print(f"resident memory before {before:.1f} MB, after each tenth: {', '.join(f'{mb:.1f}' for mb in memory)} MB")


if __name__ == "__main__":
    main()
