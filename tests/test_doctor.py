"""The doctor finds what is broken, says how to mend it, and never breaks itself."""

import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from coreagent import doctor
from coreagent.doctor import Finding, diagnose
from coreagent.errors import EmbedderMismatchError
from coreagent.models.embedding import EmbedderIdentity
from coreagent.settings import Environment, Settings


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def environment(home: Path, **variables: str) -> Environment:
    return Environment({"COREAGENT_HOME": str(home), "COREAGENT_CONFIG": "", **variables})


def by_name(findings: Iterable[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


def test_a_sound_installation_is_all_well(home: Path) -> None:
    findings = diagnose(
        environment(home),
        embedder=lambda: EmbedderIdentity("static", 256, "0123456789abcdef"),
        primer=lambda: "42 articles",
        endpoints=lambda _: [Finding("model x", "ok", "answers in 0.1 s")],
    )
    assert [finding for finding in findings if finding.state != "ok"] == []
    assert all(finding.what and not finding.mend for finding in findings)
    found = by_name(findings)
    assert found["embedder"].what == "static, 256 dimensions, digest 0123456789ab"
    assert found["primer"].what == "42 articles"
    assert found["endpoints"].what == "1 checked"
    assert {"python", "sqlite", "home", "settings", "litellm", "traces", "model x", "clock"} <= set(found)
    assert list(home.iterdir()) == [], "nothing is left in the home folder"


@pytest.mark.parametrize(
    ("version", "state"), [("1.82.7", "fail"), ("1.82.8", "fail"), ("1.83.0", "warn"), ("1.106.2", "ok")]
)
def test_known_bad_versions_are_named(home: Path, monkeypatch: pytest.MonkeyPatch, version: str, state: str) -> None:
    def installed(name: str) -> str:
        return version if name == "litellm" else "99"

    monkeypatch.setattr(doctor, "version", installed)
    found = by_name(diagnose(environment(home)))["litellm"]
    assert found.state == state
    assert version in found.what
    assert bool(found.mend) == (state != "ok")


def test_a_missing_package_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "version", missing)
    found = by_name(diagnose(environment(home)))["chromadb"]
    assert (found.state, found.what) == ("fail", "is not installed")
    assert "pip install" in found.mend


def test_a_home_that_can_not_be_written(home: Path) -> None:
    home.write_text("a file")
    found = by_name(diagnose(environment(home)))["home"]
    assert found.state == "fail"
    assert "COREAGENT_HOME" in found.mend


def test_little_disk_space(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit, state in (("LOW_FREE_BYTES", "warn"), ("MIN_FREE_BYTES", "fail")):
        monkeypatch.setattr(doctor, limit, 1 << 62)
        assert by_name(diagnose(environment(home)))["home"].state == state


def test_broken_settings_do_not_stop_the_rest(home: Path, tmp_path: Path) -> None:
    config = tmp_path / "coreagent.toml"
    config.write_text("[budget]\nuds = 1\n")
    found = by_name(diagnose(environment(home), config=config, endpoints=lambda _: []))
    assert found["settings"].state == "fail"
    assert f"{config}:2: budget.uds: unknown key" in found["settings"].what
    assert "usd" in found["settings"].mend
    assert found["endpoints"].state == "warn"
    assert found["clock"].state == "ok"
    config.write_text("builtin = false\n")
    assert "no model is offered" in by_name(diagnose(environment(home), config=config))["settings"].what
    missing = by_name(diagnose(environment(home), config=tmp_path / "none.toml"))["settings"]
    assert missing.state == "fail"


def test_whatever_a_check_raises_is_its_finding(home: Path) -> None:
    def mismatch() -> str:
        raise EmbedderMismatchError("made by another embedder", mend="coreagent corpus rebuild")

    def broken() -> EmbedderIdentity:
        raise KeyError("weights")

    def unreachable(settings: Settings) -> Iterable[Finding]:
        yield Finding("model a", "fail", "connection refused", "Start it.")
        raise OSError("no network")

    found = by_name(diagnose(environment(home), embedder=broken, primer=mismatch, endpoints=unreachable))
    assert (found["primer"].state, found["primer"].mend) == ("fail", "coreagent corpus rebuild")
    assert found["embedder"].what == "KeyError: 'weights'"
    assert found["embedder"].mend
    assert found["model a"].state == "fail"
    assert found["endpoints"].what == "OSError: no network"


def test_tracing_variables(home: Path) -> None:
    found = by_name(
        diagnose(
            environment(
                home,
                OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:4317",
                OTEL_EXPORTER_OTLP_PROTOCOL="grpc",
                LANGSMITH_TRACING="true",
                LANGCHAIN_TRACING_V2="false",
            )
        )
    )
    assert found["traces"].state == "warn"
    assert "http/protobuf" in found["traces"].mend
    assert found["tracing services"].mend == "unset LANGSMITH_TRACING"
    sent = diagnose(environment(home, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:4318"))
    assert by_name(sent)["traces"].state == "ok"


def test_a_clock_before_the_first_release_is_wrong(home: Path) -> None:
    found = by_name(diagnose(environment(home), now=lambda: 0.0))["clock"]
    assert (found.state, found.what) == ("warn", "the clock says 1970-01-01")


def test_no_heavy_package_is_loaded(home: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from coreagent.doctor import diagnose\n"
        "from coreagent.settings import Environment\n"
        "diagnose(Environment({'COREAGENT_HOME': sys.argv[1]}))\n"
        "heavy = {'litellm', 'chromadb', 'langgraph', 'textual', 'opentelemetry', 'numpy', 'aiohttp', 'pint'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(home)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
