"""The settings file: read, checked, saved, and used from the next question on."""

import asyncio
from pathlib import Path

from coreagent.errors import SettingsError
from coreagent.settings import read_settings, refuse_found_code
from coreagent.settings.editing import replace_file
from coreagent.terminal.agents import Agents
from coreagent.tui.seams.settings import Problem, SettingsFile


class SettingsInside:
    """See :class:`coreagent.tui.seams.settings.SettingsDesk`. For the engine's loop."""

    def __init__(self, agents: Agents) -> None:
        self._agents = agents
        self._saving = asyncio.Lock()

    async def read(self) -> SettingsFile:
        """The file in use, or the one that would be made."""
        path = self._agents.path
        text = await asyncio.to_thread(text_of, path)
        return SettingsFile(path=str(path), text=text or "", exists=text is not None)

    async def check(self, text: str) -> Problem | None:
        """What is wrong with a text. Names of models and tools are checked when it is saved."""
        try:
            settings = read_settings(text)
            if not self._agents.named:
                refuse_found_code(settings, self._agents.path)
        except SettingsError as error:
            return Problem(message=str(error), mend=error.mend, line=error.line)
        return None

    async def save(self, text: str, *, before: str) -> None:
        """Write the text, if a system can be constructed of it and the file still reads ``before``.

        Raises:
            SettingsError: it is wrong, the file was changed by somebody else, or it can not be written.
        """
        async with self._saving:
            path = self._agents.path
            held = self._agents.tried(text, path)
            try:
                found = await asyncio.to_thread(text_of, path)
                if (found or "") != before:
                    raise SettingsError(
                        "was changed by somebody else since it was read",
                        path=str(path),
                        mend="Read it again, and make your changes in what stands there now.",
                    )
                await asyncio.to_thread(replace_file, path, text)
            except BaseException:
                await held.agent.close()
                raise
            await self._agents.replace(held)


def text_of(path: Path) -> str | None:
    """The file's text, without a byte order mark; None where there is no file.

    Raises:
        SettingsError: it can not be read.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except OSError as error:
        mend = "Mend or remove it, or name another with --config."
        raise SettingsError(f"can not be read: {error.strerror}", path=str(path), mend=mend) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"not UTF-8 text: {error.reason}", path=str(path), mend="Save it as UTF-8.") from error
