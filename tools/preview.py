"""What a call would change, told by a function beside the tool's own."""

import inspect
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Self

from coreagent.tools.awaiting import awaited

PreviewFunction = Callable[..., str | Awaitable[str]]
"""Synchronous or not, with parameters of the tool's own names. It must read only."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A preview function and the names of the tool's arguments that it takes."""

    function: PreviewFunction
    names: tuple[str, ...]

    @classmethod
    def of(cls, function: PreviewFunction, *, tool: str, names: Iterable[str]) -> Self:
        """The function as the preview of a tool whose parameters are called ``names``.

        Raises:
            TypeError: it takes something that the tool does not have.
        """
        known = tuple(names)
        taken = inspect.signature(function).parameters.values()
        for parameter in taken:
            if parameter.name not in known or parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
                listed = ", ".join(known) or "none"
                raise TypeError(
                    f"@tool {tool}: the preview takes {parameter.name!r}; it is called by keyword with the tool's own"
                    f" parameters: {listed}"
                )
        return cls(function, tuple(parameter.name for parameter in taken))

    async def tell(self, given: dict[str, Any]) -> str:
        """The words for these arguments of the tool; a plain function runs in a thread.

        Raises:
            Exception: whatever the function raises.
        """
        return str(await awaited(self.function, {name: given[name] for name in self.names}))
