"""The engines by name."""

from contextlib import AbstractContextManager, closing
from typing import Literal

from coreagent.errors import KnowledgeError
from coreagent.knowledge.ingest.engine import Engine, LocalEngine, limits_of
from coreagent.settings.knowledge import IngestSettings


def open_engine(name: Literal["local", "ray"], settings: IngestSettings) -> AbstractContextManager[Engine]:
    """An engine that is closed at the end of the block.

    Raises:
        KnowledgeError: Ray is not installed, or its cluster can not be reached.
    """
    if name == "ray":
        try:
            from coreagent.knowledge.ingest.ray_engine import RayEngine  # noqa: PLC0415 - imports ray, about a second
        except ModuleNotFoundError as error:
            if error.name != "ray":
                raise
            raise KnowledgeError("Ray is not installed", mend="Install it: pip install 'coreagent[ray]'") from error
        return closing(RayEngine(limits_of(settings), workers=settings.workers))
    return closing(LocalEngine(limits_of(settings), workers=settings.workers))
