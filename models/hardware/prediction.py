"""The latency that a roofline predicts for a model card, and whether the model fits its machine."""

from coreagent.errors import SettingsError
from coreagent.models.card import Latency
from coreagent.models.hardware.accelerators import Accelerator
from coreagent.models.hardware.architectures import Architecture
from coreagent.models.hardware.roofline import Precision, Roofline

PROMPT_TOKENS = 1_024
OUTPUT_TOKENS = 256
"""The request that a card's latency stands for."""


def predicted_latency(
    architecture: Architecture,
    accelerator: Accelerator,
    *,
    precision: Precision = Precision(),  # noqa: B008  (frozen)
    count: int = 1,
    batch: int = 1,
    prompt_tokens: int = PROMPT_TOKENS,
    output_tokens: int = OUTPUT_TOKENS,
) -> Latency:
    """Seconds to the first token of a prompt of this length, and for each token of an answer of that length.

    The time of a token is that of the middle one, as it grows in a line with the context.
    """
    there = Roofline(architecture=architecture, accelerator=accelerator, precision=precision, count=count)
    middle = prompt_tokens + output_tokens // 2
    return Latency(there.prefill_s(prompt_tokens, batch=batch), there.decode_s(middle, batch=batch))


def check_fits(there: Roofline, *, context_tokens: int, key: str = "") -> None:
    """Refuse a machine that can not hold the weights and one sequence of the whole context.

    Raises:
        SettingsError: it can not; ``key`` is the setting that named it.
    """
    memory, device = there.memory(context_tokens), there.accelerator
    room = device.memory_bytes * there.count
    if memory.total <= room:
        return
    weights = memory.weights + memory.ends
    needed = -(-memory.total // device.memory_bytes)
    raise SettingsError(
        f"{there.architecture.name} takes {memory.total / 1e9:.1f} GB ({weights / 1e9:.1f} GB of weights at"
        f" {there.precision.weight_bits:g} bits, {memory.kv / 1e9:.1f} GB of keys and values for {context_tokens:,}"
        f" tokens), and {there.count} x {device.name} holds {room / 1e9:g} GB",
        key=key,
        mend=f"Set count = {needed:.0f}, or weight_bits = 8 or 4, or a smaller context_tokens.",
    )
