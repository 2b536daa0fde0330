import importlib.util
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from coreagent.errors import KnowledgeError
from coreagent.knowledge.ingest.engines import open_engine
from coreagent.settings.knowledge import IngestSettings

HERE = Path(__file__).parent
RAY = importlib.util.find_spec("ray") is not None


@pytest.mark.skipif(not RAY, reason="the extra is not installed: pip install 'coreagent[ray]'")
@pytest.mark.timeout(300)
def test_a_cluster_reads_what_one_machine_reads_and_a_lost_node_process_loses_no_file(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    for number in range(20):
        (docs / f"{number:02}.txt").write_text(f"words {number}", encoding="utf-8")
    (docs / "kills.txt").write_text(f"!kill-parent {tmp_path / 'killed'}", encoding="utf-8")
    (docs / "crash.txt").write_text("!segfault", encoding="utf-8")
    (docs / "empty.txt").write_text("", encoding="utf-8")
    with zipfile.ZipFile(docs / "z.zip", "w") as archive:
        archive.writestr("in.txt", "words in an archive")
    command = [sys.executable, str(HERE / "ray_script.py"), str(docs), str(HERE / "hostile_worker.py")]
    environment = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert (tmp_path / "killed").exists()
    assert told["added"] == 22
    assert set(told["failed"]) == {"crash.txt", "empty.txt"}
    assert "the converter crashed (signal 11)" in told["failed"]["crash.txt"]
    assert f"{docs / 'kills.txt'}" in told["stored"] and f"{docs / 'z.zip'}!/in.txt" in told["stored"]


def test_without_ray_the_way_to_install_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "coreagent.knowledge.ingest.ray_engine", raising=False)
    with pytest.raises(KnowledgeError, match="Ray is not installed") as caught:
        open_engine("ray", IngestSettings())
    assert "coreagent[ray]" in caught.value.mend
