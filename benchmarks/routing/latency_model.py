"""The latency model's reference table, computed anew, and what it predicts for the hardware and models it knows.

    python -m benchmarks.routing.latency_model

The published figures are those of LLM-Viewer (Yuan et al. 2024) at 2,048 tokens. All are lower bounds.
"""

from coreagent.models.hardware import ACCELERATORS, ARCHITECTURES, Precision, Roofline, predicted_latency

W4A16 = Precision(weight_bits=4)
W8A8 = Precision(weight_bits=8, activation_bits=8, kv_bits=8)
FP16 = Precision()

PUBLISHED: tuple[tuple[str, str, Precision, int, float, float], ...] = (
    ("llama-2-7b", "A6000", FP16, 1, 0.2269, 18.637),
    ("llama-2-7b", "A6000", W4A16, 1, 0.2266, 5.732),
    ("llama-2-7b", "A6000", W8A8, 1, 0.1134, 9.318),
    ("llama-2-7b", "A100-80G", FP16, 1, 0.1059, 7.020),
    ("llama-2-7b", "H100-SXM", FP16, 1, 0.0407, 4.659),
    ("llama-2-13b", "A6000", FP16, 16, 6.7512, 69.240),
    ("llama-3-8b", "A100-80G", FP16, 1, 0.1123, 7.505),
    ("llama-3-8b", "A100-80G", FP16, 32, 3.5792, 11.973),
    ("llama-3-70b", "H100-SXM", FP16, 1, 0.3508, 45.508),
)


def main() -> None:
    """Print both tables."""
    print("model, accelerator, weight/activation bits, batch: prefill s (published), decode ms (published), tokens/s")
    for model, gpu, precision, batch, prefill_s, decode_ms in PUBLISHED:
        there = Roofline(architecture=ARCHITECTURES[model], accelerator=ACCELERATORS[gpu], precision=precision)
        first, step = there.prefill_s(2048, batch=batch), there.decode_s(2048, batch=batch)
        bits = f"{precision.weight_bits:g}/{precision.activation_bits:g}"
        print(
            f"  {model:<12}{gpu:<10}{bits:>6}{batch:>4}: {first:7.4f} ({prefill_s:.4f})"
            f" {step * 1000:8.3f} ({decode_ms:.3f}) {batch / step:8.1f}"
        )
    print("\n1,024 tokens in, 256 out, one call at a time, 16 bits: seconds to the first token, milliseconds a token")
    print(f"  {'':<14}" + "".join(f"{name:>16}" for name in ACCELERATORS))
    for shape in ARCHITECTURES.values():
        cells: list[str] = []
        for device in ACCELERATORS.values():
            fits = Roofline(architecture=shape, accelerator=device).memory(1_280).total <= device.memory_bytes
            latency = predicted_latency(shape, device)
            cells.append(f"{latency.ttft_s:.3f} {latency.tpot_s * 1000:6.2f}" if fits else "too big")
        print(f"  {shape.name:<14}" + "".join(f"{cell:>16}" for cell in cells))


if __name__ == "__main__":
    main()
