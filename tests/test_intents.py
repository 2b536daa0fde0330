import json

import pytest

from coreagent.errors import InputError
from coreagent.intents import MAX_GOAL_CHARS, intent_from_json, intent_from_text


def test_the_same_request_as_text_and_as_json_has_the_same_digest() -> None:
    text = intent_from_text("  What is the A1 interface?\r\n")
    as_json = intent_from_json(json.dumps({"goal": "What is the A1 interface?"}))
    assert text.digest == as_json.digest
    assert text.digest != intent_from_text("What is the E2 interface?").digest


def test_the_order_of_keys_does_not_matter_and_limits_do() -> None:
    one = intent_from_json('{"goal": "x", "inputs": {"a": 1, "b": 2}}')
    two = intent_from_json('{"inputs": {"b": 2, "a": 1}, "goal": "x"}')
    assert one.digest == two.digest
    limited = intent_from_json('{"goal": "x", "constraints": {"budget_usd": 0.1}}')
    assert limited.digest != intent_from_text("x").digest


@pytest.mark.parametrize("text", ["", "   \n\t", "\u2003"])
def test_an_empty_question_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InputError, match="empty") as caught:
        intent_from_text(text)
    assert "coreagent ask" in caught.value.mend


def test_a_huge_question_says_what_to_do_instead() -> None:
    with pytest.raises(InputError, match="200,000 are allowed") as caught:
        intent_from_text("x" * (MAX_GOAL_CHARS + 1))
    assert "corpus add" in caught.value.mend


def test_nul_bytes_are_refused() -> None:
    with pytest.raises(InputError, match="NUL"):
        intent_from_text("a\x00b")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("not json", "Invalid JSON"),
        ("{}", "goal"),
        ('{"goal": "x", "budget": 1}', "budget"),
        ('{"goal": "x", "constraints": {"budget_usd": -1}}', "constraints.budget_usd"),
        ('{"goal": "x", "constraints": {"privacy": "secret"}}', "constraints.privacy"),
        ('{"goal": 7}', "goal"),
    ],
)
def test_a_wrong_intent_names_the_key(text: str, words: str) -> None:
    with pytest.raises(InputError, match="not valid") as caught:
        intent_from_json(text)
    assert words in str(caught.value)
