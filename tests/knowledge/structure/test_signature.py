import hashlib
import random

import numpy as np
import pytest

from coreagent.knowledge.structure.signature import (
    SIGNATURE_BYTES,
    matrix,
    near_duplicates,
    signature,
    similarities,
    similarity,
)


def words(seed: int, *, count: int = 2_000) -> list[str]:
    source = random.Random(seed)
    return [f"w{source.randrange(5_000)}" for _ in range(count)]


def changed(text: list[str], *, every: int) -> list[str]:
    return [f"new{at}" if at % every == 0 else word for at, word in enumerate(text)]


def of(text: list[str]) -> bytes:
    return signature(" ".join(text))


def test_is_the_same_on_every_machine() -> None:
    assert hashlib.sha256(signature("The quick brown fox jumps. " * 3 + "基站发送消息")).hexdigest() == (
        "886cf46dbe53a04a55acc8a85dba80d10b4651d6e31e5aeece6c2905fda14254"
    )


def test_case_and_punctuation_make_no_difference() -> None:
    text = " ".join(words(1))
    assert signature(text) == signature(text.upper().replace(" ", ",\n"))


def test_texts_of_few_words_have_none() -> None:
    assert signature("") == b"" and signature("one two three") == b""
    assert similarity(b"", signature("word " * 30)) == 0.0


@pytest.mark.parametrize(("every", "expected"), [(500, 0.98), (100, 0.9), (25, 0.667)])
def test_estimates_the_share_of_common_runs_of_words(every: int, expected: float) -> None:
    base = words(2)
    assert similarity(of(base), of(changed(base, every=every))) == pytest.approx(expected, abs=0.1)


def test_different_texts_are_not_similar() -> None:
    assert similarity(of(words(3)), of(words(4))) < 0.05


def test_chinese_is_compared_by_characters() -> None:
    text = "".join(chr(0x4E00 + number) for number in random.Random(6).sample(range(4_000), 600))
    assert similarity(signature(text), signature(text[:300] + "的" + text[301:])) > 0.9


def test_finds_the_near_duplicates_among_many() -> None:
    texts = [words(seed, count=300) for seed in range(200)]
    texts[150] = changed(texts[10], every=100)
    texts[151] = texts[20]
    found = near_duplicates(matrix([of(text) for text in texts]))
    assert found == [(10, 150), (20, 151)]


def test_a_group_of_equal_texts_is_linked_in_linear_many_pairs() -> None:
    rows = matrix([of(words(1, count=100))] * 500)
    found = near_duplicates(rows)
    assert {b for _, b in found} == set(range(1, 500)) and len(found) < 1_500


def test_compares_one_with_many() -> None:
    rows = matrix([of(words(seed)) for seed in range(5)])
    assert np.argmax(similarities(of(words(3)), rows)) == 3


def test_nothing_has_no_duplicates_and_wrong_lengths_are_refused() -> None:
    assert near_duplicates(matrix([])) == []
    with pytest.raises(ValueError, match=str(SIGNATURE_BYTES)):
        matrix([b"short"])
