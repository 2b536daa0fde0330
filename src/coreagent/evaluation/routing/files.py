"""Where a result is written: looked at before the work begins, so that an hour of it is not lost at its end."""

import errno
import os
from pathlib import Path

from coreagent.errors import UsageError
from coreagent.models.embedding import Embedder
from coreagent.routing.learning.trained import TrainedRouter
from coreagent.wiring.models import bundled_embedder


def free_place(path: Path, *, force: bool) -> Path:
    """The path, where a file can be written.

    Raises:
        UsageError: there is something already, and ``force`` is not said.
        OSError: the folder can not be made or written.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder", mend="Name a file.")
    if path.exists() and not force:
        raise UsageError(f"{path} exists already", mend="Name another file, or replace it: --force")
    parent = next(folder for folder in path.absolute().parents if folder.exists())
    if not parent.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(parent))
    if not os.access(parent, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(parent))
    return path


def load_router(path: Path | str, embedder: Embedder | None = None) -> TrainedRouter:
    """A trained router, for the embedder of this package unless another is given.

    Raises:
        SettingsError: no such file, no trained router, a damaged one, or one of another version or embedder.
    """
    return TrainedRouter.load(Path(path).expanduser(), embedder or bundled_embedder())
