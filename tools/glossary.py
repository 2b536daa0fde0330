"""What an abbreviation or a term of the field stands for."""

from collections.abc import Callable, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from coreagent.errors import ToolArgumentsError
from coreagent.knowledge.glossary import Term
from coreagent.labels import PUBLIC
from coreagent.tools.function_tool import tool
from coreagent.tools.tool import Tool

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


def make_glossary(lookup: Lookup, *, near: Lookup | None = None) -> Tool:
    """The tool over a look-up; ``near`` finds terms that are spelled alike."""

    @tool(name=NAME, label=PUBLIC)
    def glossary(term: Annotated[str, Field(min_length=1, max_length=200)]) -> Definitions:
        """Look up what a telecom abbreviation or term means, such as "RIC", "SMO" or "QoS flow".

        Args:
            term: The abbreviation or its full form.
        """
        if not term.strip():
            raise ToolArgumentsError("the term is blank", tool=NAME, mend="Give an abbreviation or its full form.")
        found = tuple(
            Definition(
                abbreviation=item.abbreviation,
                expansion=item.expansion,
                meaning=item.meaning.strip(),
                standard=item.source,
            )
            for item in lookup(term)
        )
        similar = tuple(item.abbreviation for item in near(term)) if near is not None and not found else ()
        return Definitions(term=term.strip(), found=found, similar=similar)

    return glossary


def _sentence(item: Definition) -> str:
    standard = f" ({item.standard})" if item.standard else ""
    head = f"{item.abbreviation} stands for {item.expansion}{standard}."
    return f"{head} {item.meaning}{'' if item.meaning.endswith(('.', '!', '?')) else '.'}" if item.meaning else head
