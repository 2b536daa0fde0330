"""Policies as text."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.routing.policies.fields import chosen, field, seen

from coreagent.errors import CoreAgentError, SettingsError, UnknownNameError, UsageError
from coreagent.plans import ROLES
from coreagent.routing.policies import (
    FLAGS,
    POLICIES,
    Assignment,
    BanditMemory,
    Parts,
    Rule,
    advised,
    bandit,
    best,
    cascade,
    cheapest_above,
    domain_of,
    fixed,
    graded,
    objectives,
    other_family,
    parse_policy,
    prefer_local,
    rules,
    trade,
    two_step,
    within,
)
from coreagent.routing.policies.learned import learned
from coreagent.routing.policy import Policy

MEMORY = BanditMemory(Path("never-opened.sqlite"))
ASSIGNED = Assignment(experts={"general": "a"}, score=1, total_size=1, average_active=1)
TABLE = (Rule(model="a"),)
PARTS = Parts(rules=TABLE, bandit_memory=MEMORY, assignment=ASSIGNED, operating=cascade(accept=0.6))

POSITIVE = st.floats(1e-12, 1e12)
SHARE = st.floats(0, 1)
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)


def some(**arguments: st.SearchStrategy[float]) -> st.SearchStrategy[dict[str, float]]:
    return st.fixed_dictionaries({}, optional=arguments)


SINGLE: st.SearchStrategy[Policy] = st.one_of(
    some(usd=POSITIVE, seconds=POSITIVE, wh=POSITIVE).filter(bool).map(lambda given_: within(**given_)),
    st.just(prefer_local()),
    SHARE.map(lambda quality: cheapest_above(quality=quality)),
    st.just(best()),
    st.dictionaries(st.sampled_from(ROLES), NAMES, min_size=1).map(fixed),
    st.just(rules(TABLE)),
    some(usd=POSITIVE, seconds=POSITIVE, wh=POSITIVE, local=st.floats(0.01, 1))
    .filter(bool)
    .map(lambda given_: trade(**given_)),
    st.dictionaries(st.sampled_from(FLAGS), st.floats(0, 10)).map(lambda given_: objectives(**given_)),
    some(unsure=SHARE).map(lambda given_: two_step(ASSIGNED, domain_of, **given_)),
    some(accept=SHARE, start=SHARE).map(lambda given_: cascade(**given_)),
    some(floor=SHARE, prior=POSITIVE, usd=POSITIVE).map(lambda given_: bandit(MEMORY, **given_)),
    st.tuples(SHARE, SHARE).map(lambda pair: graded(t1=min(pair), t2=max(pair))),
    st.one_of(st.just(advised()), NAMES.map(lambda name: advised(default=name))),
    st.just(other_family()),
    st.just(learned(best())),
)


@given(st.lists(SINGLE, min_size=1, max_size=4))
def test_every_policy_reads_back_as_it_is_written(line: list[Policy]) -> None:
    policy = line[0]
    for after in line[1:]:
        policy |= after
    assert parse_policy(policy.name, PARTS).name == policy.name


def test_what_is_read_decides_as_what_is_written() -> None:
    there = field(seen("a", 0.9, 9), seen("b", 0.7, 2), seen("c", 0.3, 1))
    text = "within(usd=5) | prefer_local() | cheapest_above(quality=0.6)"
    written = within(usd=5) | prefer_local() | cheapest_above(quality=0.6)
    assert parse_policy(text).name == text
    assert chosen(parse_policy(text), there) == chosen(written, there)
    grouped = parse_policy("within(usd=5) | (prefer_local() | cheapest_above(quality=0.6))")
    assert chosen(grouped, there) == chosen(written, there)


def test_all_policies_are_known_by_name() -> None:
    for name in POLICIES:
        with pytest.raises(UsageError, match="nonsense"):
            parse_policy(f"{name}(nonsense=1)", PARTS)


def test_what_a_cascade_accepts_survives() -> None:
    assert parse_policy("within(usd=1) | cascade(accept=0.65)").accept == 0.65
    assert parse_policy("learned()", PARTS).accept == 0.6


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the policy is empty"),
        ("best(", "character 5: can not be read"),
        ("best", "character 5: best lacks its brackets"),
        ("best() + best()", "character 1: best() + best() is not a policy"),
        ("best() | 3", "character 10: 3 is not a policy"),
        ("__import__('os').system('true')", "character 1: __import__('os').system('true') is not a policy"),
        ("best().__class__()", "is not a policy"),
        ("[best() for _ in ()]", "is not a policy"),
        ("best()\x00", "can not be read"),
        ("\ud800", "can not be read"),
        ("(" * 500 + "best()" + ")" * 500, "can not be read"),
        ("within(usd=" + "-" * 3_000 + "1)", "can not be read"),
        ("x" * 4_001, "4,001 characters"),
        ("cheapest_above(0.7)", "character 16: cheapest_above is given 0.7 without a name"),
        ("cheapest_above()", "character 1: cheapest_above lacks quality"),
        ("cheapest_above(quality=7)", "character 1: cheapest_above: quality=7 is out of range"),
        ("cheapest_above(quality=-1)", "quality=-1 is out of range"),
        ("cheapest_above(quality='x')", "character 24: quality='x' of cheapest_above is not a number"),
        ("cheapest_above(quality=True)", "quality=True of cheapest_above is not a number"),
        ("cheapest_above(quality=0.1 + 0.2)", "quality=0.1 + 0.2 of cheapest_above is not a number"),
        ("cheapest_above(quality=0.1, quality=0.2)", "character 29: cheapest_above is given quality twice"),
        ("within(usd=1e999)", "usd=inf is out of range"),
        ("within(usd=" + "9" * 3_000 + ")", "is not a number"),
        ("within()", "character 1: within() bounds nothing"),
        ("fixed(planner=3)", "character 15: planner=3 of fixed is not a text in quotes"),
        ("fixed(planner='')", "planner of fixed is empty"),
        ("fixed()", "names no model"),
        ("graded(t1=0.9)", "t1=0.9 is above t2=0.7"),
        ("best() | within(usd=-1)", "character 10: within: usd=-1 is out of range"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_policy(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("within(usd=1) | bset()", "unknown policy at character 17, 'bset' (did you mean best?)"),
        ("fixed(planner='ä') | é()", "unknown policy at character 22, 'é'"),
        ("cheapest_above(qualty=0.7)", "unknown argument of cheapest_above at character 16, 'qualty' (did you mean"),
        ("fixed(summariser='m')", "(did you mean summarizer?)"),
        ("objectives(sise=1)", "(did you mean size?)"),
        ("best(**{})", "unknown argument of best at character 6, '**'"),
        ("advised(default='lagre')", "unknown model at character 17, 'lagre' (did you mean large?)"),
    ],
)
def test_unknown_names_get_the_nearest_known_one(text: str, message: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        parse_policy(text, Parts(models=frozenset({"large", "small", "m", "ä"})))
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["rules()", "bandit()", "two_step()", "learned()"])
def test_a_part_that_is_missing_is_a_matter_of_settings(text: str) -> None:
    with pytest.raises(SettingsError, match="needs") as caught:
        parse_policy(text)
    assert caught.value.mend


@given(st.text(st.sampled_from("best()|within=usd0.1,'\" cap_\n#[]{}*-:"), max_size=60))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        policy = parse_policy(text)
    except CoreAgentError as error:
        assert error.message
    else:
        assert parse_policy(policy.name).name == policy.name
