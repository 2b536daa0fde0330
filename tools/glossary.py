"""What an abbreviation or a term of the field stands for."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from coreagent.errors import KnowledgeError, ToolArgumentsError, ToolFailedError, UnknownNameError
from coreagent.knowledge.glossary import StatedTerm, Term, TermSource
from coreagent.labels import PUBLIC, strictest
from coreagent.tools.function_tool import tool
from coreagent.tools.tool import Tool, ToolContext, ToolResult

__all__ = ["Definition", "Definitions", "Lookup", "make_glossary"]

NAME = "glossary"
Lookup = Callable[[str], Sequence[Term]]


class Definition(BaseModel):
    """One meaning of a term."""

    model_config = ConfigDict(frozen=True)

    abbreviation: str
    expansion: str
    meaning: str
    standard: str


class Definitions(BaseModel):
    """All meanings of the term that was asked for; ``similar`` names others when there is none."""

    model_config = ConfigDict(frozen=True)

    term: str
    found: tuple[Definition, ...]
    similar: tuple[str, ...] = ()

    def statement(self) -> str:
        """Every meaning in a sentence or two."""
        if not self.found:
            near = f" Similar terms: {', '.join(self.similar)}." if self.similar else ""
            return f"The glossary has no entry for {self.term[:100]!r}.{near}"
        return " ".join(_sentence(item) for item in self.found)

    def source(self) -> str:
        """The standards named by the entries."""
        return ", ".join(dict.fromkeys(item.standard for item in self.found if item.standard)) or "glossary"


def make_glossary(lookup: Lookup, *, near: Lookup | None = None, corpora: TermSource | None = None) -> Tool:
    """The tool over a look-up; ``near`` finds terms that are spelled alike.

    What the documents of ``corpora`` state themselves comes before the look-up, and is cited from them; a run's own
    corpora bound which are asked.
    """

    @tool(name=NAME, label=PUBLIC)
    async def glossary(
        term: Annotated[str, Field(min_length=1, max_length=200)], context: ToolContext
    ) -> Definitions | ToolResult:
        """Look up what a telecom abbreviation or term means, such as "RIC", "SMO" or "QoS flow".

        Args:
            term: The abbreviation or its full form.
            context: The run, which bounds the corpora.
        """
        if not term.strip():
            raise ToolArgumentsError("the term is blank", tool=NAME, mend="Give an abbreviation or its full form.")
        stated = await _stated(term, corpora, context.corpora) if corpora is not None else ()
        if stated:
            return _cited(term, stated)
        found = tuple(_definition(item) for item in lookup(term))
        similar = tuple(item.abbreviation for item in near(term)) if near is not None and not found else ()
        return Definitions(term=term.strip(), found=found, similar=similar)

    return glossary


async def _stated(term: str, source: TermSource, corpora: tuple[str, ...]) -> tuple[StatedTerm, ...]:
    try:
        return await source.define(term, corpora=corpora)
    except UnknownNameError as error:
        raise ToolArgumentsError(error.message, tool=NAME, mend=error.mend) from error
    except KnowledgeError as error:
        raise ToolFailedError(error.message, tool=NAME, mend=error.mend) from error


def _cited(term: str, stated: Sequence[StatedTerm]) -> ToolResult:
    """Each meaning as a sentence, with the document that states it as its evidence."""
    found = tuple(_definition(item.term) for item in stated)
    # The place says which document it is.
    sentences = [_sentence(item.model_copy(update={"standard": ""})) for item in found]
    evidence = tuple(
        replace(item.evidence, id=f"{item.evidence.id}:{item.term.abbreviation}", text=sentence)
        for item, sentence in zip(stated, sentences, strict=True)
    )
    return ToolResult(
        text="\n".join(f"{item.text} ({item.citation})" for item in evidence),
        data=Definitions(term=term.strip(), found=found).model_dump(mode="json"),
        evidence=evidence,
        label=strictest(item.label for item in evidence),
    )


def _definition(item: Term) -> Definition:
    return Definition(
        abbreviation=item.abbreviation,
        expansion=item.expansion,
        meaning=item.meaning.strip(),
        standard=item.source,
    )


def _sentence(item: Definition) -> str:
    standard = f" ({item.standard})" if item.standard else ""
    meaning = f"{item.meaning}{'' if item.meaning.endswith(('.', '!', '?')) else '.'}" if item.meaning else ""
    if meaning and item.abbreviation.casefold() == item.expansion.casefold():
        # A term that is defined rather than abbreviated.
        return f"{item.abbreviation}{standard} means: {meaning}"
    return f"{item.abbreviation} stands for {item.expansion}{standard}. {meaning}".rstrip()
