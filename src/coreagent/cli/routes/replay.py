"""``coreagent route replay``."""

import asyncio
import textwrap
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import click

from coreagent.agents.memory import RecordedMemory
from coreagent.cli.agent import open_agent
from coreagent.cli.app import Place
from coreagent.cli.evals.bench import open_bench
from coreagent.cli.evals.ending import finish, going_on
from coreagent.cli.evals.progress import shown_progress
from coreagent.cli.evals.runs import chosen_run
from coreagent.cli.hearing import Showing, conclude, hear
from coreagent.cli.parameters import NamedPath
from coreagent.cli.render import new_table, print_table
from coreagent.cli.text import json_text, printable
from coreagent.errors import InputError
from coreagent.evals.run_folder import RunFolder
from coreagent.evaluation.runs import begin
from coreagent.events import Recalled, event_from_json
from coreagent.front import CoreAgent
from coreagent.intents import intent_from_json
from coreagent.labels import Label, Sensitivity
from coreagent.routing.replay.recorded import recorded_calls
from coreagent.routing.replay.what_if import RecordedCall, Rerouted, reroute
from coreagent.wiring.models import build_registry, bundled_embedder
from coreagent.wiring.routing import build_routing

_AGENTS = ("core", "graph")


@click.command("replay")
@click.argument("run", default="last")
@click.option("--policy", required=True, help='For example "within(usd=0.01) | cheapest_above(quality=0.7)".')
@click.option("--router", type=NamedPath(exists=True, path_type=Path), help="A trained router that predicts.")
@click.option("--run", "really", is_flag=True, help="Make the calls that differ; all others come from the record.")
@click.option("--json", "as_json", is_flag=True, help="Every call as a JSON line.")
@click.pass_context
def command(ctx: click.Context, run: str, policy: str, router: Path | None, really: bool, as_json: bool) -> int:
    """Say what RUN would have cost under another policy, and which calls would differ. No model is asked.

    RUN is an id, its beginning, or "last"; or the folder of an evaluation run. With --run the calls that differ are
    made: a request that was answered before is not sent again.
    """
    place: Place = ctx.obj
    bench = open_bench(ctx)
    changed = {"policy": policy, **({"router": str(router.absolute())} if router else {})}
    settings = bench.settings.model_copy(update={"routing": bench.settings.routing.model_copy(update=changed)})
    cards = {card.name: card for card in build_registry(settings, bench.environment).cards}
    home = place.home or bench.environment.home
    routing = build_routing(settings, bench.environment, cards, home=home, embedder=bundled_embedder, base=bench.base)
    ctx.call_on_close(routing.close)
    folder = _evaluation(ctx, run)
    if folder is not None:
        _tell(reroute(_recorded_in(RunFolder(folder)), routing.router), as_json=as_json)
        return _evaluate_again(ctx, folder, policy, router, as_json=as_json) if really else 0
    store = open_agent(ctx).system.store
    stored = store.get(run)
    events = [entry.event for entry in store.events(stored.run_id)]
    calls = recorded_calls(events)
    click.echo(f"{stored.run_id}  {printable(textwrap.shorten(stored.question, 90, placeholder=' ...'))}", err=as_json)
    _tell(reroute(calls, routing.router), as_json=as_json)
    if not really:
        return 0
    recalled = [text for event in events if isinstance(event, Recalled) for text in event.items]
    label = stored.answer.label if stored.answer else Label(Sensitivity.CONFIDENTIAL)
    agent = CoreAgent(
        settings=settings, home=place.home, reuse_answers=True, memory=RecordedMemory(recalled, label=label)
    )
    return asyncio.run(_ask_again(agent, stored.intent_json, as_json=as_json))


def _evaluation(ctx: click.Context, run: str) -> Path | None:
    folder = chosen_run(open_bench(ctx), Path(run))
    return folder if RunFolder(folder).manifest_file.exists() else None


def _recorded_in(folder: RunFolder) -> list[RecordedCall]:
    """The routed calls of every trial of an agent.

    Raises:
        InputError: there are none.
    """
    calls: list[RecordedCall] = []
    for record in folder.records():
        if record.events:
            calls += recorded_calls(event_from_json(dict(event)) for event in record.events)
    if not calls:
        raise InputError(
            f"{folder.path} holds no routed call",
            mend="Trials of agents that gave an answer hold them: measure with --system core, and mend its failures.",
        )
    return calls


def _tell(calls: tuple[Rerouted, ...], *, as_json: bool) -> None:
    if as_json:
        for entry in calls:
            click.echo(json_text(_fields(entry)))
        return
    table = new_table("role", "was", "would be", "calls", "paid", "would cost", "quality", "why")
    groups: dict[tuple[str, str, str, str], list[Rerouted]] = defaultdict(list)
    for entry in calls:
        why = entry.reason if entry.differs else "the same"
        groups[entry.call.decision.role, _was(entry), entry.model or "nobody", why].append(entry)
    for (role, was, now, why), entries in groups.items():
        paid = sum(entry.call.usd for entry in entries)
        cost = sum(entry.usd for entry in entries)
        predicted = "-" if not entries[0].model else f"${cost:.4g}" if entries[0].priced else "unknown"
        table.add_row(
            *map(printable, (role, was, now, f"{len(entries):,}", f"${paid:.4g}", predicted, _qualities(entries))),
            printable(why),
        )
    click.echo()
    print_table(table)
    differing = [entry for entry in calls if entry.differs]
    paid, cost = sum(entry.call.usd for entry in calls), sum(entry.usd for entry in calls)
    click.echo(f"\n{len(differing):,} of {len(calls):,} calls would differ: ${paid:.4g} paid, ${cost:.4g} predicted.")
    nobody, unpriced = sum(not entry.model for entry in calls), sum(not entry.priced for entry in calls)
    if nobody:
        click.echo(f"{nobody:,} of them nobody could do, so the run would stop there.")
    if unpriced:
        click.echo(f"The price of {unpriced:,} of them is unknown, and is not in the sum.")
    click.echo("What would follow from other answers (another plan, another verdict) is not in this: see --run.")


def _was(entry: Rerouted) -> str:
    return entry.call.decision.answered_by or entry.call.decision.model


def _qualities(entries: list[Rerouted]) -> str:
    before = [entry.quality_before for entry in entries if entry.quality_before is not None]
    after = [entry.quality for entry in entries if entry.quality is not None]
    if not before or not after:
        return ""
    return f"{sum(before) / len(before):.2f} -> {sum(after) / len(after):.2f}"


def _fields(entry: Rerouted) -> dict[str, object]:
    decision = entry.call.decision
    return {
        "subtask": decision.subtask,
        "role": decision.role,
        "was": _was(entry),
        "model": entry.model,
        "differs": entry.differs,
        "reason": entry.reason,
        "paid_usd": entry.call.usd,
        "usd": entry.usd if entry.priced else None,
        "quality_before": entry.quality_before,
        "quality": entry.quality,
    }


async def _ask_again(agent: CoreAgent, intent_json: str, *, as_json: bool) -> int:
    showing = Showing(as_json=as_json, explain=not as_json)
    click.echo("", err=as_json)
    async with agent:
        heard = await hear(agent, agent.stream(intent_from_json(intent_json), tokens=False), showing)
    return conclude(heard, showing)


def _evaluate_again(ctx: click.Context, folder: Path, policy: str, router: Path | None, *, as_json: bool) -> int:
    bench = open_bench(ctx)
    plan = RunFolder(folder).manifest().plan
    added = f"routing.policy={policy}" + (f",routing.router={router.absolute()}" if router else "")
    systems = tuple(
        f"{name}{',' if ':' in name.removeprefix('graph:') else ':'}{added}"
        for name in plan.systems
        if name.partition(":")[0] in _AGENTS
    )
    new = bench.new_folder([suite.suite for suite in plan.suites])
    with going_on(new), shown_progress(quiet=as_json) as progress:
        result = asyncio.run(begin(bench, replace(plan, systems=systems), new, progress=progress))
    return finish(result, as_json=as_json)
