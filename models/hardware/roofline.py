"""The roofline model of inference: an operation takes as long as its arithmetic or its memory traffic, whichever more.

After Yuan et al., "LLM Inference Unveiled: Survey and Roofline Model Insights" (2024), whose published tool computed
the reference table in ``tests/models/hardware``. What it leaves out or counts otherwise is kept, so that the figures
agree: the output head counts one operation for each weight (two are done) and its activations once whatever the
batch; the embedding is ignored; in prefill the scores are charged the keys twice and no queries. The figures are
lower bounds that no server reaches: compare models with them, and correct them by measured calls before trusting a
second of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from coreagent.models.hardware.accelerators import Accelerator
from coreagent.models.hardware.architectures import Architecture


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """Bits of a weight, of an activation, and of a cached key or value. 8-bit arithmetic needs all three at 8."""

    weight_bits: float = 16
    activation_bits: float = 16
    kv_bits: float = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Bytes over all devices: the layers' weights, keys and values of every sequence, one layer's activations.

    ``ends`` are the embedding and the output head, which the reference leaves out and a machine must hold.
    """

    weights: float
    kv: float
    activations: float
    ends: float

    @property
    def reference(self) -> float:
        """The sum as the reference counts it."""
        return self.weights + self.kv + self.activations

    @property
    def total(self) -> float:
        """What must fit."""
        return self.reference + self.ends


@dataclass(frozen=True, slots=True)
class _Operation:
    """Arithmetic operations, bytes moved, and which of them are activations written."""

    operations: float
    moved: float
    written: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Roofline:
    """One model on ``count`` equal devices, its matrices split evenly among them (tensor parallel).

    With more than one device each layer adds two all-reduces of its output, as a ring does them. A split is as even as
    the arithmetic allows; real ones lose more.
    """

    architecture: Architecture
    accelerator: Accelerator
    precision: Precision = Precision()
    count: int = 1

    def prefill_s(self, prompt_tokens: int, *, batch: int = 1) -> float:
        """Seconds to read ``batch`` prompts of this length, at once."""
        return self._pass_s(prompt_tokens, prompt_tokens, batch)

    def decode_s(self, context_tokens: int, *, batch: int = 1) -> float:
        """Seconds to write one token each of ``batch`` sequences that are this long."""
        return self._pass_s(1, context_tokens, batch)

    def request_s(self, prompt_tokens: int, output_tokens: int, *, batch: int = 1) -> float:
        """Seconds of whole requests: the prefill, then a decoding step for each token as the context grows."""
        steps = range(prompt_tokens, prompt_tokens + output_tokens)
        return self.prefill_s(prompt_tokens, batch=batch) + sum(self.decode_s(i, batch=batch) for i in steps)

    def memory(self, context_tokens: int, *, batch: int = 1) -> Memory:
        """Bytes while ``batch`` sequences of this length are decoded."""
        shape, precision = self.architecture, self.precision
        return Memory(
            weights=shape.layers * shape.layer_parameters * precision.weight_bits / 8,
            kv=2 * shape.layers * context_tokens * batch * shape.kv_heads * shape.head_size * precision.kv_bits / 8,
            activations=sum(part.written for part in self._layer(1, context_tokens, batch)),
            ends=(shape.parameters - shape.layers * shape.layer_parameters) * precision.weight_bits / 8,
        )

    def _pass_s(self, tokens: int, context: int, batch: int) -> float:
        layer_s = sum(self._seconds(part) for part in self._layer(tokens, context, batch))
        layer_s += 2 * self._all_reduce_s(tokens, batch)
        return self.architecture.layers * layer_s + self._seconds(self._head(batch))

    def _seconds(self, part: _Operation) -> float:
        precision, device = self.precision, self.accelerator
        widest = max(precision.weight_bits, precision.activation_bits, precision.kv_bits)
        peak = device.int8_ops_per_s if widest <= 8 else device.fp16_ops_per_s
        return max(part.operations / peak, part.moved / device.bandwidth_bytes_per_s) / self.count

    def _all_reduce_s(self, tokens: int, batch: int) -> float:
        shared = batch * tokens * self.architecture.hidden * self.precision.activation_bits / 8
        return 2 * (self.count - 1) / self.count * shared / self.accelerator.link_bytes_per_s

    def _layer(self, tokens: int, context: int, batch: int) -> Iterator[_Operation]:
        """The operations of one layer; ``tokens`` of each sequence are new, and see ``context`` of them."""
        shape, precision = self.architecture, self.precision
        w, a, kv = precision.weight_bits / 8, precision.activation_bits / 8, precision.kv_bits / 8
        rows = batch * tokens
        queries, keys = shape.heads * shape.head_size, shape.kv_heads * shape.head_size
        for inputs, outputs, cached in (
            (shape.hidden, queries, False),
            (shape.hidden, keys, True),
            (shape.hidden, keys, True),
            (queries, shape.hidden, False),
            (shape.hidden, shape.feed_forward, False),
            (shape.hidden, shape.feed_forward, False),
            (shape.feed_forward, shape.hidden, False),
        ):
            written = 0.0 if cached else rows * outputs * a
            stored = rows * outputs * kv if cached else written
            moved = inputs * outputs * w + rows * inputs * a + stored
            yield _Operation(2 * rows * inputs * outputs, moved, written)
        cache = batch * context * keys * kv
        scores, mixed = batch * shape.heads * tokens * context, rows * queries * a
        read = mixed if tokens == 1 else cache
        yield _Operation(2 * scores * shape.head_size, read + scores * a + cache, scores * a)
        yield _Operation(2 * scores * shape.head_size, scores * a + mixed + cache, mixed)
        yield _Operation(5 * scores, 2 * scores * a, scores * a)
        wide = rows * shape.hidden
        for operations, read_of_each in ((7, 1), (7, 1), (1, 1), (1, 1), (2, 2)):  # norms, additions, activation
            yield _Operation(operations * wide, (read_of_each + 1) * wide * a, wide * a)

    def _head(self, batch: int) -> _Operation:
        shape, precision = self.architecture, self.precision
        weights = shape.hidden * shape.vocabulary
        moved = weights * precision.weight_bits / 8
        moved += (shape.hidden + shape.vocabulary) * precision.activation_bits / 8
        return _Operation(batch * weights, moved)
