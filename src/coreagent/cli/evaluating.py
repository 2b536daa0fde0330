"""What ``coreagent corpus eval`` does: questions are asked, figures printed."""

import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from coreagent.cli.adding import shown_progress
from coreagent.cli.agent import open_agent
from coreagent.cli.interrupts import INTERRUPTED
from coreagent.cli.render import new_table, print_table
from coreagent.cli.text import json_text, printable
from coreagent.errors import UsageError
from coreagent.evals.retrieval.beir import unpack
from coreagent.evals.retrieval.formats import read_questions
from coreagent.evals.retrieval.measure import RANKINGS, Ranking, measure
from coreagent.evals.retrieval.questions import Question, QuestionSet
from coreagent.evals.retrieval.report import Figures, Report, Timing, plain, summarise
from coreagent.evals.statistics import Comparison, Estimate
from coreagent.front import CoreAgent
from coreagent.knowledge.library import Library

_LISTED = 12
_BUILT = "passages"


def evaluate_file(
    ctx: click.Context, file: Path, corpora: tuple[str, ...], *, limit: int, by_kind: bool, as_json: bool
) -> int:
    """Ask, reckon and print; gives the exit code.

    Raises:
        UsageError: the file, a name or a combination of options is wrong.
        KnowledgeError: a corpus can not be read.
    """
    with ExitStack() as opened:
        if file.is_dir():
            questions, library, chosen = _built(ctx, file, corpora, opened)
        else:
            agent = open_agent(ctx)
            library, questions = agent.system.library, read_questions(file)
            library.check(corpora)
            chosen = tuple(dict.fromkeys(corpora or agent.system.settings.knowledge.corpora))
            chosen = chosen or tuple(info.name for info in library.list())
        with _shown_progress() as progress:
            measured = measure(questions, library, corpora=chosen, limit=limit, progress=progress)
    report = summarise(measured, by_kind=by_kind)
    if as_json:
        click.echo(json_text(plain(report), indent=2))
    else:
        _print(report)
    if measured.interrupted:
        asked = len(measured.on_topic) + len(measured.off_topic)
        wanted = len(questions.questions) - len(measured.missing)
        click.echo(f"interrupted: {asked:,} of {wanted:,} questions {'was' if asked == 1 else 'were'} asked", err=True)
        return INTERRUPTED
    return 0


def _built(
    ctx: click.Context, folder: Path, corpora: tuple[str, ...], opened: ExitStack
) -> tuple[QuestionSet, Library, tuple[str, ...]]:
    """A corpus of the folder's own passages, gone when ``opened`` is closed."""
    if corpora:
        raise UsageError("a folder brings its own corpus", mend="Leave --corpus out.")
    place = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="coreagent-eval-")))
    questions = unpack(folder, place / "passages")
    settings = open_agent(ctx).system.settings
    local = settings.knowledge.model_copy(update={"database": "", "chroma_url": "", "corpora": ()})
    agent = CoreAgent(settings=settings.model_copy(update={"knowledge": local}), home=place / "home")
    opened.callback(agent.close_sync)
    library = agent.system.library
    with shown_progress() as progress:
        library.add([place / "passages"], name=_BUILT, progress=progress)
    return questions, library, (_BUILT,)


@contextmanager
def _shown_progress() -> Generator[Callable[[int, int], None] | None]:
    """A bar on standard error where that is a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("finding the passages", total=None)
        yield lambda done, total: bar.update(task, description="asking", completed=done, total=total)


def _print(report: Report) -> None:
    measured = report.measured
    count = len(measured.on_topic)
    asked = "question with its" if count == 1 else "questions with their"
    click.echo(
        printable(
            f"{measured.questions.name} over {', '.join(measured.corpora)}: {count:,} {asked} passage there,"
            f" {len(measured.off_topic):,} off-topic, {len(measured.missing):,} left out"
        )
    )
    if report.figures:
        click.echo()
        _print_rankings(report)
        click.echo()
        _print_comparisons(report)
    for kind, figures in report.by_kind.items():
        count = figures["fused"].mrr.n
        click.echo(f"\n{printable(kind) or 'no kind'}: {count:,} question{'' if count == 1 else 's'}")
        _print_figures(figures, report.mrr_cutoff)
    click.echo()
    if report.auc is not None:
        click.echo(f"confidence tells on-topic from off-topic questions: AUC {report.auc}")
    timing = report.timings["fused"]
    click.echo(
        f"time of a fused query: p50 {timing.p50_ms:.1f} ms, p95 {timing.p95_ms:.1f} ms;"
        f" of the first, which opens the indexes, {measured.open_seconds:.2f} s"
    )
    _print_ids("their passage is not in the corpora, left out", measured.missing)
    _print_ids("some of their passages are not in the corpora", measured.partly_missing)
    _print_ids("a gold fits several documents, any counts", measured.ambiguous)
    _print_ids("ids that several questions have, each counted", measured.questions.duplicates)


def _print_rankings(report: Report) -> None:
    _print_figures(report.figures, report.mrr_cutoff, report.timings)
    several = report.figures["fused"].all_found
    if several:
        count = next(iter(several.values())).n
        click.echo(f"\nall passages found, of the {count:,} questions with several:")
        table = new_table("ranking", *(f"all@{k}" for k in several), whole="ranking")
        for ranking in RANKINGS:
            table.add_row(ranking, *map(_cell, report.figures[ranking].all_found.values()))
        print_table(table)


def _print_figures(
    figures: dict[Ranking, Figures], mrr_cutoff: int, timings: dict[Ranking, Timing] | None = None
) -> None:
    measures = [*(f"recall@{k}" for k in figures["fused"].recall), f"MRR@{mrr_cutoff}"]
    table = new_table("ranking", *measures, *(("p50", "p95") if timings else ()), whole="ranking")
    for ranking in RANKINGS:
        one = figures[ranking]
        cells = [*map(_cell, one.recall.values()), _cell(one.mrr)]
        if timings:
            timing = timings[ranking]
            cells += [Text(f"{timing.p50_ms:.1f} ms"), Text(f"{timing.p95_ms:.1f} ms")]
        table.add_row(ranking, *cells)
    print_table(table)


def _print_comparisons(report: Report) -> None:
    table = new_table("paired difference", "measure", "difference", "p", "test", whole="paired difference")
    for (other, measure_name), one in report.comparisons.items():
        name = measure_name.replace("mrr", "MRR")
        table.add_row(f"fused less {other}", name, Text(_signed(one)), _p(one.p_value), one.test)
    print_table(table)


def _cell(estimate: Estimate) -> Text:
    # Text, because rich would read the brackets as markup.
    return Text(str(estimate))


def _signed(one: Comparison) -> str:
    difference = one.difference
    if difference.low != difference.low:
        return f"{difference.value:+.3f}"
    return f"{difference.value:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"


def _p(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def _print_ids(words: str, found: Sequence[Question | str]) -> None:
    if not found:
        return
    ids = [entry if isinstance(entry, str) else entry.id for entry in found]
    more = f" and {len(ids) - _LISTED:,} more (--json lists them)" if len(ids) > _LISTED else ""
    click.echo(printable(f"{words}: {', '.join(ids[:_LISTED])}{more}"))
