"""``coreagent corpus search``: the passages, and why they stand where they stand."""

import json
import textwrap
from dataclasses import asdict

import click

from coreagent.cli.agent import open_agent
from coreagent.cli.render import text_width
from coreagent.cli.text import printable
from coreagent.knowledge.retrieval import Explanation, Hit, Retrieval, Where
from coreagent.labels import Sensitivity

_SHOWN_CHARACTERS = 300
_SHOWN_TERMS = 8
_NAMES = {
    "share": "words (BM25, share of the most possible)",
    "coverage": "part of the question's words held",
    "cosine": "meaning (cosine)",
    "lead": "words early in the passage",
    "named": "document or clause named in the question",
}


@click.command("search")
@click.argument("query")
@click.option("--corpus", "corpora", multiple=True, help="Search only this one; repeatable.")
@click.option("--limit", type=click.IntRange(1, 100), default=6, show_default=True)
@click.option("--document", "documents", multiple=True, help="Only this one, by name, number or title; repeatable.")
@click.option("--release", "releases", multiple=True, help="Only documents of this release, for example 17.")
@click.option("--section", "sections", multiple=True, help="Only this clause (5.3 has 5.3.1 too) or heading.")
@click.option("--language", "languages", multiple=True, help="Only documents in this language, for example zh.")
@click.option("--label", type=click.Choice([str(level) for level in Sensitivity]), help="Nothing labelled above this.")
@click.option("--all-versions", is_flag=True, help="Superseded versions too.")
@click.option("--clause", is_flag=True, help="Show the clause around each passage.")
@click.option("--explain", is_flag=True, help="Show the lexical, dense and fused score of each hit, and why.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def search(
    ctx: click.Context,
    /,
    query: str,
    *,
    corpora: tuple[str, ...],
    limit: int,
    label: str | None,
    clause: bool,
    explain: bool,
    as_json: bool,
    **conditions: tuple[str, ...],
) -> None:
    """Find the passages nearest to QUERY."""
    system = open_agent(ctx).system
    where = Where(
        documents=conditions["documents"],
        releases=conditions["releases"],
        sections=conditions["sections"],
        languages=conditions["languages"],
        label=Sensitivity.parse(label) if label else None,
        all_versions=bool(conditions["all_versions"]),
    )
    context = system.settings.knowledge.context_characters if clause else 0
    found = system.library.search_now(
        query, corpora=corpora, limit=limit, where=where, context=context, explain=explain or as_json
    )
    if as_json:
        click.echo(json.dumps(_plain(found), ensure_ascii=False))
        return
    _show(found, explain=explain, whole=clause)


def _plain(found: Retrieval) -> dict[str, object]:
    return {
        "query": found.query,
        "confidence": found.confidence,
        "searches": found.searches,
        "notes": found.notes,
        "hits": [
            {
                "id": hit.evidence.id,
                "score": hit.score,
                "lexical": hit.lexical,
                "dense": hit.dense,
                "citation": asdict(hit.evidence.citation),
                "label": str(hit.evidence.label.sensitivity),
                "text": hit.evidence.text,
                "explanation": asdict(hit.explanation) if hit.explanation else None,
            }
            for hit in found.hits
        ],
    }


def _show(found: Retrieval, *, explain: bool, whole: bool) -> None:
    if explain:
        for text in found.searches[1:]:
            click.echo(f"also searched: {printable(text)}")
    for number, hit in enumerate(found.hits, start=1):
        where = hit.evidence.citation
        click.echo(f"[{number}] {hit.score:.2f}  {printable(str(where))} ({where.start}-{where.end})")
        if hit.explanation:
            for line in _reasons(hit, hit.explanation, question=found.searches[0]):
                click.echo(f"    {printable(line)}")
        text = (
            hit.evidence.text if whole else textwrap.shorten(hit.evidence.text, _SHOWN_CHARACTERS, placeholder=" ...")
        )
        wrapped = [
            line for paragraph in printable(text).splitlines() for line in textwrap.wrap(paragraph, text_width() - 4)
        ]
        click.echo(textwrap.indent("\n".join(wrapped), "    "))
    for note in found.notes:
        click.echo(f"note: {printable(note)}")
    click.echo(f"confidence that anything relevant was found: {found.confidence:.2f}")


def _reasons(hit: Hit, why: Explanation, *, question: str) -> list[str]:
    lines = [f"lexical {hit.lexical:.2f}  dense {hit.dense:.2f}  fused {hit.score:.2f}"]
    if why.reranked is not None:
        lines[0] += f"  re-ranked {why.reranked:.2f}"
    lines[0] += f"  found by {', '.join(why.found_by) or 'no search alone'}"
    for name, value in why.features.items():
        weight = why.weights[name]
        if name in _NAMES and value and weight:
            lines.append(f"{weight * value:+.2f}  {_NAMES[name]}: {value:.2f} x {weight:g}")
    if why.terms:
        told = ", ".join(f"{term} {share:.1f}" for term, share in why.terms[:_SHOWN_TERMS])
        lines.append(f"its words: {told}" + (" ..." if len(why.terms) > _SHOWN_TERMS else ""))
    if why.query != question:
        lines.append(f"answers best: {why.query}")
    if why.hidden:
        lines.append(f"stands for {len(why.hidden)} more: {', '.join(why.hidden[:3])}")
    return lines
