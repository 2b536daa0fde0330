"""A worker whose files may do to it what a hostile file could do to a converter: started as a program by the tests."""

import faulthandler
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from coreagent.knowledge.documents.document import Document
from coreagent.knowledge.ingest import work, worker
from coreagent.knowledge.ingest.prepare import read_document


def read_hostile(path: Path, name: str = "", *, shown: str = "", max_mb: int = 100) -> Document:
    command, _, argument = path.read_text(encoding="utf-8").strip().partition(" ")
    match command:
        case "!hang":
            while True:
                time.sleep(60)
        case "!spin":
            while True:
                pass
        case "!segfault":
            faulthandler._sigsegv()  # type: ignore[attr-defined]  # pyright: ignore
        case "!eat":
            Path(argument).touch()
            held = bytearray(1_000 << 20)
            raise AssertionError(len(held))
        case "!exit":
            os._exit(3)
        case "!raise":
            raise RuntimeError(argument)
        case "!print":
            print("noise " * 100_000, flush=True)
            sys.stderr.write("noise " * 100_000)
            subprocess.run([sys.executable, "-c", "print('noise')"], check=True)
        case "!forge":
            for handle in range(3, 10):
                try:
                    os.write(handle, b"CAI1" + b"\x00" * 7 + b"\x04" + b"\x00" * 8 + b"null")
                except OSError:
                    continue
        case "!environment":
            Path(argument).write_text("\n".join((*os.environ, os.getcwd())), encoding="utf-8")
        case "!killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "!kill-parent":
            if not Path(argument).exists():
                Path(argument).touch()
                os.kill(os.getppid(), signal.SIGKILL)
                time.sleep(60)
        case "!leak":
            leaked.append(bytearray(int(argument) << 20))
        case _:
            pass
    return read_document(path, name, shown=shown, max_mb=max_mb)


leaked: list[bytearray] = []
work.read_document = read_hostile  # type: ignore[attr-defined]  # pyright: ignore

if __name__ == "__main__":
    sys.exit(worker.main())
