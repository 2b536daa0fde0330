"""Routing as the settings say: what is missing is named, and what no policy asks for is not built in."""

from pathlib import Path
from typing import Any

import pytest

from coreagent.errors import SettingsError
from coreagent.routing.policies import best, graded
from coreagent.settings import Environment, parse_settings
from coreagent.wiring.system import System, build_system

ADVISER = {"kind": "generative", "model": "v/m"}


def system_of(home: Path, routing: dict[str, Any], **more: Any) -> System:
    settings = parse_settings({"models": {"v/m": {"base_url": "http://127.0.0.1:9/v1"}}, "routing": routing})
    return build_system(settings, Environment({}), home=home, **more)


@pytest.mark.parametrize(
    ("routing", "key", "cause", "mend"),
    [
        ({"policy": "advised() | best()"}, "routing.policy", "needs an adviser", "[routing.adviser]"),
        ({"wish": "80 % local"}, "routing.wish", "a trained router", "coreagent route train"),
        ({"router": "gone.npz"}, "routing.router", "no file gone.npz", "coreagent route train"),
        ({"fixed": {"planner": "x"}}, "routing.fixed.planner", "no model 'x'", "coreagent models add x"),
        ({"rules": [{"model": "v/m"}, {"model": "x"}]}, "routing.rules.1.model", "no model 'x'", "v/m"),
        ({"policy": "best"}, "routing.policy", "did you mean best(...)?", "cheapest"),
        ({"policy": "Cheepest"}, "routing.policy", "did you mean cheapest?", "cheapest"),
        ({"policy": "prefer-local"}, "routing.policy", "did you mean prefer_local(...)?", "cheapest"),
    ],
)
def test_what_is_wrong_is_named_with_its_key(
    tmp_path: Path, routing: dict[str, Any], key: str, cause: str, mend: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        system_of(tmp_path, routing)
    assert caught.value.key == key
    assert cause in str(caught.value)
    assert mend in caught.value.mend


async def test_an_adviser_is_asked_only_where_a_policy_reads_its_advice(tmp_path: Path) -> None:
    for policy, asked in [("cheapest", True), ("advised() | best()", True), ("best()", False)]:
        system = system_of(tmp_path, {"policy": policy, "adviser": ADVISER})
        assert (system.deps.calls.adviser is not None) is asked
        await system.close()


async def test_a_policy_given_in_python_brings_the_guard_it_asks(tmp_path: Path) -> None:
    for policy, guarded in [(graded() | best(), True), (best(), False)]:
        system = system_of(tmp_path, {}, policy=policy)
        assert (system.deps.guard is not None) is guarded
        await system.close()
