"""``coreagent corpus eval``."""

from pathlib import Path

import click

from coreagent.errors import UsageError


@click.command("eval", short_help="Measure how well a question set finds its passages.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--corpus", "corpora", multiple=True, help="Ask this one; all of the settings when none is named.")
@click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True, help="Hits looked at.")
@click.option("--by", type=click.Choice(["kind"]), help="Also print the figures of each kind of question.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def evaluate(
    ctx: click.Context, file: Path, corpora: tuple[str, ...], limit: int, by: str | None, as_json: bool
) -> int:
    """Ask the questions of FILE and count how often the passages that answer them are found.

    FILE is JSON lines: {"id": "q1", "question": "...", "gold": [{"document": "TS 38.331", "clause": "5.3"}]}, CSV with
    the columns question, document, section, text, or TOML. A gold names a document, path, section, clause or text; any
    of several counts. An empty list of golds makes a question off-topic. A hit counts when it shows half of a gold
    passage or more, or a copy of it; a gold text is found by at least half of its runs of three words. A folder with
    queries.jsonl, corpus.jsonl and qrels/test.tsv (BEIR) is asked over a corpus that is built for the time being.
    """
    if not file.exists():
        raise UsageError(f"{file}: no such file or folder", mend="Name a question file: coreagent corpus eval --help")
    # Late: what reads and reckons takes 50 ms to import, which the other commands do not need.
    from coreagent.cli.evaluating import evaluate_file  # noqa: PLC0415 - see above

    return evaluate_file(ctx, file, corpora, limit=limit, by_kind=by == "kind", as_json=as_json)
