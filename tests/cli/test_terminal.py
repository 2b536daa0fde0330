"""The installed command in a real terminal: a question streams, Ctrl-C stops it, the run is taken up again."""

import asyncio
import os
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from coreagent.testing.openai_server import OpenAIServer
from coreagent.testing.replies import Stall

TMUX = shutil.which("tmux")
pytestmark = pytest.mark.skipif(TMUX is None, reason="tmux is not installed")


class Terminal:
    """A tmux server of its own with one window of 80 by 40."""

    def __init__(self, socket: Path) -> None:
        self._tmux = [str(TMUX), "-S", str(socket), "-f", os.devnull]
        self._call("new-session", "-d", "-x", "80", "-y", "40", "-s", "t", "env PS1='$ ' sh")

    def _call(self, *arguments: str) -> str:
        done = subprocess.run([*self._tmux, *arguments], capture_output=True, text=True, check=True, timeout=20)
        return done.stdout

    @property
    def screen(self) -> str:
        """What is on the screen, with what has scrolled away."""
        return self._call("capture-pane", "-p", "-J", "-S", "-200", "-t", "t")

    def type(self, line: str) -> None:
        self._call("send-keys", "-t", "t", "-l", line)
        self._call("send-keys", "-t", "t", "Enter")

    def press(self, key: str) -> None:
        self._call("send-keys", "-t", "t", key)

    def wait_for(self, happened: Callable[[str], bool]) -> str:
        """The screen once it is as wished."""
        for _ in range(600):
            screen = self.screen
            if happened(screen):
                return screen
            time.sleep(0.1)
        raise AssertionError(f"it never came; the screen is:\n{self.screen}")

    def close(self) -> None:
        self._call("kill-server")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal(tmp_path / "tmux")
    yield opened
    opened.close()


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    made = OpenAIServer([Stall(30), *["The A1 interface carries \x1b[31mpolicies\x07 [1]."] * 3])
    asyncio.run_coroutine_threadsafe(made.__aenter__(), loop).result(10)
    yield made
    asyncio.run_coroutine_threadsafe(made.__aexit__(None, None, None), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def test_ask_stream_ctrl_c_and_resume(terminal: Terminal, server: OpenAIServer, own_home: Path) -> None:
    Path("coreagent.toml").write_text(
        f'[models."v/m"]\nbase_url = "{server.base_url}"\nroles = ["summarizer"]\n', encoding="utf-8"
    )
    terminal.type(f"cd {shlex.quote(str(Path.cwd()))}; export COREAGENT_HOME={shlex.quote(str(own_home))}")
    start = f"{shlex.quote(sys.executable)} -c 'from coreagent.cli import main; main()'"
    terminal.type(f'ca() {{ {start} "$@"; echo code=$?; }}')
    terminal.type("ca ask 'What is the A1 interface?' --stream --model summarizer=v/m")
    terminal.wait_for(lambda screen: "summarizer -> v/m" in screen and bool(server.requests))
    terminal.press("C-c")
    stopped = terminal.wait_for(lambda screen: "code=130" in screen)
    assert "interrupted: the run is kept" in stopped
    assert "coreagent runs resume " in stopped
    assert "Traceback" not in stopped
    terminal.type("clear; ca runs resume --stream")
    resumed = terminal.wait_for(lambda screen: "code=0" in screen)
    assert r"carries \x1b[31mpolicies\x07 [1]." in resumed, "what a model writes is shown, not obeyed"
    assert '[1] primer, "A1 interface"' in resumed
