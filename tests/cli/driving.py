"""What the tests of the command line share."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from coreagent.testing.openai_server import OpenAIServer
from coreagent.testing.replies import Reply


@dataclass(frozen=True)
class Result:
    """What a user sees of one command."""

    code: int
    out: str
    err: str

    @property
    def error_lines(self) -> list[str]:
        """Standard error, line by line."""
        return self.err.splitlines()


class Cli(Protocol):
    """Run ``coreagent ARGUMENTS``."""

    def __call__(self, *arguments: str, stdin: bytes = b"", encoding: str = "utf-8") -> Result: ...


class Endpoint(Protocol):
    """Serve ``replies`` and configure them as the model ``v/m`` for one role."""

    def __call__(
        self, replies: Iterable[Reply], *, role: str = "summarizer", extra: str = ""
    ) -> AbstractContextManager[OpenAIServer]: ...


def is_error(result: Result, code: int, cause: str, mend: str = "") -> None:
    """One line with the cause, one with the mend, nothing on standard output."""
    assert result.code == code, result.err
    assert result.out == ""
    assert len(result.error_lines) == 2, result.err
    assert result.error_lines[0].startswith("error: ")
    assert cause in result.error_lines[0]
    assert result.error_lines[1].startswith("  ")
    assert mend in result.error_lines[1]
