import pytest

from coreagent.errors import SettingsError, UnknownNameError
from coreagent.models.hardware import (
    ACCELERATORS,
    ARCHITECTURES,
    Precision,
    Roofline,
    accelerator_named,
    architecture_named,
    check_fits,
    predicted_latency,
)


def test_a_prediction_adds_up_to_the_whole_request() -> None:
    shape, device = ARCHITECTURES["llama-3-8b"], ACCELERATORS["A100-80G"]
    latency = predicted_latency(shape, device, prompt_tokens=512, output_tokens=100)
    whole = Roofline(architecture=shape, accelerator=device).request_s(512, 100)
    assert latency.total_s(100) == pytest.approx(whole, rel=1e-3)


def test_smaller_weights_are_faster_to_write_with_and_hardly_to_read_with() -> None:
    shape, device = ARCHITECTURES["llama-3-8b"], ACCELERATORS["A100-80G"]
    wide, narrow = (
        predicted_latency(shape, device),
        predicted_latency(shape, device, precision=Precision(weight_bits=4)),
    )
    assert narrow.tpot_s < wide.tpot_s / 2
    assert narrow.ttft_s == pytest.approx(wide.ttft_s, rel=0.02)


def test_a_model_that_does_not_fit_is_refused_with_what_would() -> None:
    big, device = ARCHITECTURES["llama-3-70b"], ACCELERATORS["A100-80G"]
    with pytest.raises(SettingsError) as caught:
        check_fits(Roofline(architecture=big, accelerator=device), context_tokens=8_192, key='models."x".hardware')
    assert "143.8 GB (141.1 GB of weights at 16 bits" in caught.value.message
    assert "1 x A100-80G holds 80 GB" in caught.value.message
    assert "count = 2" in caught.value.mend
    check_fits(Roofline(architecture=big, accelerator=device, count=2), context_tokens=8_192)
    check_fits(Roofline(architecture=big, accelerator=device, precision=Precision(weight_bits=4)), context_tokens=8_192)


def test_names_are_found_whatever_their_case() -> None:
    assert architecture_named("Llama-3.1-8B").name == "llama-3-8b"
    assert accelerator_named("a100-80g").name == "A100-80G"
    with pytest.raises(UnknownNameError, match=r"did you mean llama-3-8b\?"):
        architecture_named("llama3-8b")
    with pytest.raises(UnknownNameError, match="unknown accelerator 'H100'"):
        accelerator_named("H100")
