"""Which clauses of a document define its terms and abbreviations."""

import re
from collections.abc import Sequence

from coreagent.knowledge.structure.clauses import Clause

_KEY_WORDS = """
definition definitions terms terminology abbreviations abbreviation acronyms acronym glossary symbols
begriffe begriffsbestimmungen abkürzungen abkürzungsverzeichnis definitionen glossar
définitions abréviations glossaire definiciones abreviaturas glosario
"""
_FILLER_WORDS = """
of and or in for the this these used document specification recommendation standard present elsewhere defined list
table key common general abbreviated related specific technical und der die et des y de
"""
_KEYS = frozenset(_KEY_WORDS.split())
_FILLERS = frozenset(_FILLER_WORDS.split())
_CHINESE = re.compile(
    r"(?:术语|定义|缩略语|缩略词|缩写|符号|词汇表|名词解释)(?:[和与、及表]*(?:术语|定义|缩略语|缩略词|缩写|符号))*"
)
_WORD = re.compile(r"[^\W\d_]+")


def is_definitions_title(title: str) -> bool:
    """Whether a heading's title, without its number, names terms, symbols or abbreviations and nothing else."""
    plain = title.strip()
    if _CHINESE.fullmatch(plain):
        return True
    words = [word.lower() for word in _WORD.findall(plain[:120])]
    return any(word in _KEYS for word in words) and all(word in _KEYS or word in _FILLERS for word in words)


def definition_clauses(clauses: Sequence[Clause]) -> frozenset[int]:
    """Positions of the clauses that define terms, with all clauses below them."""
    found: set[int] = set()
    for at, clause in enumerate(clauses):
        if clause.parent in found or is_definitions_title(clause.title):
            found.add(at)
    return frozenset(found)
