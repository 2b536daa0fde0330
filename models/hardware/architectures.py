"""Shapes of decoder-only transformers, as the ``config.json`` of their published weights states them."""

from dataclasses import dataclass

from coreagent.errors import UnknownNameError


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """A decoder with gated feed-forward layers and grouped queries.

    ``hidden`` is the width of the residual stream, ``feed_forward`` that of the gate and up projections.
    ``tied``: the output head uses the weights of the input embedding.
    """

    name: str
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    feed_forward: int
    vocabulary: int
    head_size: int
    tied: bool = False

    @property
    def layer_parameters(self) -> int:
        """Weights of the projections of one layer; norms and biases are left out."""
        queries, keys = self.heads * self.head_size, self.kv_heads * self.head_size
        return 2 * self.hidden * queries + 2 * self.hidden * keys + 3 * self.hidden * self.feed_forward

    @property
    def parameters(self) -> int:
        """Weights of all layers, the embedding and the output head."""
        return self.layers * self.layer_parameters + self.hidden * self.vocabulary * (1 if self.tied else 2)


def _of(
    name: str,
    layers: int,
    hidden: int,
    *,
    heads: int,
    kv_heads: int,
    feed_forward: int,
    vocabulary: int,
    tied: bool = False,
) -> Architecture:
    return Architecture(
        name=name,
        layers=layers,
        hidden=hidden,
        heads=heads,
        kv_heads=kv_heads,
        feed_forward=feed_forward,
        vocabulary=vocabulary,
        head_size=hidden // heads,
        tied=tied,
    )


_LLAMA_3, _QWEN, _QWEN_SMALL = 128_256, 152_064, 151_936

ARCHITECTURES: dict[str, Architecture] = {
    entry.name: entry
    for entry in (
        # meta-llama/Llama-2-*-hf
        _of("llama-2-7b", 32, 4096, heads=32, kv_heads=32, feed_forward=11_008, vocabulary=32_000),
        _of("llama-2-13b", 40, 5120, heads=40, kv_heads=40, feed_forward=13_824, vocabulary=32_000),
        _of("llama-2-70b", 80, 8192, heads=64, kv_heads=8, feed_forward=28_672, vocabulary=32_000),
        # meta-llama/Meta-Llama-3-*, the same in 3.1 (and 3.3 for 70B); meta-llama/Llama-3.2-*
        _of("llama-3-8b", 32, 4096, heads=32, kv_heads=8, feed_forward=14_336, vocabulary=_LLAMA_3),
        _of("llama-3-70b", 80, 8192, heads=64, kv_heads=8, feed_forward=28_672, vocabulary=_LLAMA_3),
        _of("llama-3.2-1b", 16, 2048, heads=32, kv_heads=8, feed_forward=8_192, vocabulary=_LLAMA_3, tied=True),
        _of("llama-3.2-3b", 28, 3072, heads=24, kv_heads=8, feed_forward=8_192, vocabulary=_LLAMA_3, tied=True),
        # Qwen/Qwen2.5-*
        _of("qwen2.5-0.5b", 24, 896, heads=14, kv_heads=2, feed_forward=4_864, vocabulary=_QWEN_SMALL, tied=True),
        _of("qwen2.5-1.5b", 28, 1536, heads=12, kv_heads=2, feed_forward=8_960, vocabulary=_QWEN_SMALL, tied=True),
        _of("qwen2.5-3b", 36, 2048, heads=16, kv_heads=2, feed_forward=11_008, vocabulary=_QWEN_SMALL, tied=True),
        _of("qwen2.5-7b", 28, 3584, heads=28, kv_heads=4, feed_forward=18_944, vocabulary=_QWEN),
        _of("qwen2.5-14b", 48, 5120, heads=40, kv_heads=8, feed_forward=13_824, vocabulary=_QWEN),
        _of("qwen2.5-32b", 64, 5120, heads=40, kv_heads=8, feed_forward=27_648, vocabulary=_QWEN),
        _of("qwen2.5-72b", 80, 8192, heads=64, kv_heads=8, feed_forward=29_568, vocabulary=_QWEN),
        # mistralai/Mistral-7B-v0.3
        _of("mistral-7b", 32, 4096, heads=32, kv_heads=8, feed_forward=14_336, vocabulary=32_768),
    )
}


def architecture_named(name: str) -> Architecture:
    """The architecture of this name; upper and lower case are one, and Llama 3.1 and 3.3 have the shape of 3.

    Raises:
        UnknownNameError: there is none; the nearest name is offered.
    """
    plain = name.lower()
    for later in ("llama-3.1-", "llama-3.3-"):
        plain = plain.replace(later, "llama-3-")
    if plain not in ARCHITECTURES:
        raise UnknownNameError("architecture", name, ARCHITECTURES)
    return ARCHITECTURES[plain]
