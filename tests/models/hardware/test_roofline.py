"""The reference table, to its printed digits: LLM-Viewer (Yuan et al. 2024) and an independent re-implementation."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coreagent.models.hardware import (
    ACCELERATORS,
    ARCHITECTURES,
    Precision,
    Roofline,
    accelerator_named,
    architecture_named,
)

W4A16 = Precision(weight_bits=4)
W8A8 = Precision(weight_bits=8, activation_bits=8, kv_bits=8)
FP16 = Precision()


@pytest.mark.parametrize(
    ("model", "gpu", "precision", "batch", "prefill_s", "decode_ms", "tokens_per_s"),
    [
        ("llama-2-7b", "A6000", FP16, 1, ".2269", "18.637", "53.7"),
        ("llama-2-7b", "A6000", W4A16, 1, ".2266", "5.732", "174.4"),
        ("llama-2-7b", "A6000", W8A8, 1, ".1134", "9.318", "107.3"),
        ("llama-2-7b", "A100-80G", FP16, 1, ".1059", "7.020", "142.5"),
        ("llama-2-7b", "H100-SXM", FP16, 1, ".0407", "4.659", "214.6"),
        ("llama-2-13b", "A6000", FP16, 16, "6.7512", "69.240", "231.1"),
        ("llama-3-8b", "A100-80G", FP16, 1, ".1123", "7.505", "133.2"),
        ("llama-3-8b", "A100-80G", FP16, 32, "3.5792", "11.973", "2672.7"),
        ("llama-3-70b", "H100-SXM", FP16, 1, ".3508", "45.508", "22.0"),
    ],
)
def test_the_reference_table(
    model: str, gpu: str, precision: Precision, batch: int, prefill_s: str, decode_ms: str, tokens_per_s: str
) -> None:
    there = Roofline(architecture=architecture_named(model), accelerator=accelerator_named(gpu), precision=precision)
    step_s = there.decode_s(2048, batch=batch)
    assert f"{there.prefill_s(2048, batch=batch):.4f}".lstrip("0") == prefill_s
    assert f"{step_s * 1000:.3f}" == decode_ms
    assert f"{batch / step_s:.1f}" == tokens_per_s


def test_ridge_points_and_memory() -> None:
    ridges = [round(ACCELERATORS[name].ridge, 1) for name in ("A6000", "A100-80G", "H100-SXM")]
    assert ridges == [201.6, 153.0, 322.1]
    there = Roofline(architecture=ARCHITECTURES["llama-2-7b"], accelerator=ACCELERATORS["A6000"])
    memory = there.memory(2048)
    assert (round(memory.weights / 1e9, 3), round(memory.kv / 1e9, 3)) == (12.952, 1.074)
    assert memory.total == memory.reference + memory.ends


def test_a_request_is_its_prefill_and_every_step() -> None:
    there = Roofline(architecture=ARCHITECTURES["qwen2.5-0.5b"], accelerator=ACCELERATORS["L4"])
    steps = there.decode_s(100) + there.decode_s(101) + there.decode_s(102)
    assert there.request_s(100, 3) == pytest.approx(there.prefill_s(100) + steps)


@pytest.mark.parametrize(
    ("name", "billions"),
    [
        ("llama-2-7b", 6.74),
        ("llama-3-8b", 8.03),
        ("llama-3-70b", 70.55),
        ("llama-3.2-1b", 1.236),
        ("qwen2.5-0.5b", 0.494),
        ("qwen2.5-7b", 7.62),
        ("qwen2.5-32b", 32.76),
        ("qwen2.5-72b", 72.70),
        ("mistral-7b", 7.25),
    ],
)
def test_shapes_add_up_to_the_published_sizes(name: str, billions: float) -> None:
    assert ARCHITECTURES[name].parameters / 1e9 == pytest.approx(billions, rel=2e-3)


@settings(max_examples=50)
@given(
    model=st.sampled_from(sorted(ARCHITECTURES)),
    gpu=st.sampled_from(sorted(ACCELERATORS)),
    tokens=st.integers(2, 4096),
    batch=st.integers(1, 64),
)
def test_more_work_never_takes_less_time(model: str, gpu: str, tokens: int, batch: int) -> None:
    one = Roofline(architecture=ARCHITECTURES[model], accelerator=ACCELERATORS[gpu])
    two = Roofline(architecture=ARCHITECTURES[model], accelerator=ACCELERATORS[gpu], count=2)
    assert one.decode_s(tokens, batch=batch) <= one.decode_s(2 * tokens, batch=batch)
    assert one.prefill_s(tokens, batch=batch) <= one.prefill_s(tokens, batch=batch + 1)
    # Two devices share the work, never better than by half.
    assert two.prefill_s(tokens, batch=batch) > one.prefill_s(tokens, batch=batch) / 2
    assert one.memory(tokens, batch=batch).total < one.memory(tokens, batch=batch + 1).total
