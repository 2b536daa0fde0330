"""Questions with the passages that answer them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """Where an answer stands; every field that is filled must fit, and at least one besides ``corpus`` is.

    ``document`` is a slug, a title, a standard's number ("TS 38.331") or the name of a file. ``path`` is the end of the
    stored path, and ``source`` something that path must hold too. ``section`` is a heading path ("Guide > Install"),
    ``clause`` a clause number ("5.3"); both include what stands below them. ``text`` is the passage itself.
    """

    corpus: str = ""
    document: str = ""
    source: str = ""
    path: str = ""
    section: str = ""
    clause: str = ""
    text: str = ""

    @property
    def is_empty(self) -> bool:
        """True when nothing says where to look."""
        return not (self.document or self.source or self.path or self.section or self.clause or self.text)

    @property
    def names_document(self) -> bool:
        """True when it says in which document."""
        return bool(self.document or self.source or self.path)

    @property
    def is_whole_document(self) -> bool:
        """True when any passage of the document will do."""
        return not (self.section or self.clause or self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question. Any of ``gold`` answers it; none at all makes it off-topic. ``kind`` is a word to group by."""

    id: str
    text: str
    gold: tuple[Gold, ...]
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionSet:
    """All questions of a file. ``duplicates`` are the ids that stand on several of them."""

    name: str
    questions: tuple[Question, ...]
    duplicates: tuple[str, ...]

    @classmethod
    def of(cls, name: str, questions: Iterable[Question]) -> "QuestionSet":
        """The very same question twice counts once; different ones with the same id count each."""
        unique = tuple(dict.fromkeys(questions))
        counts = Counter(question.id for question in unique)
        return cls(name=name, questions=unique, duplicates=tuple(sorted(id_ for id_, n in counts.items() if n > 1)))
