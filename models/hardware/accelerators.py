"""Accelerators: what their data sheets promise.

Peaks are of dense matrices, which is half of what a sheet states "with sparsity". Bandwidth, peaks and watts of the
three accelerators that the reference table of :mod:`coreagent.models.hardware.roofline` was computed for are the
constants it was computed with; NVIDIA states more bandwidth (3,350 GB/s) for the H100-SXM than the table's 3,072.
"""

from dataclasses import dataclass

from coreagent.errors import UnknownNameError


@dataclass(frozen=True, slots=True, kw_only=True)
class Accelerator:
    """One device. Bandwidth and link in bytes a second, peaks in operations a second, memory in bytes.

    ``link_bytes_per_s`` is what one device can send to another one of its machine in one direction. ``watts`` is its
    maximum.
    """

    name: str
    bandwidth_bytes_per_s: float
    fp16_ops_per_s: float
    int8_ops_per_s: float
    memory_bytes: float
    link_bytes_per_s: float
    watts: float

    @property
    def ridge(self) -> float:
        """Operations for each byte moved, above which 16-bit arithmetic and no longer memory is the limit."""
        return self.fp16_ops_per_s / self.bandwidth_bytes_per_s


def _of(
    name: str, *, gb_per_s: float, fp16_t: float, int8_t: float, gb: float, link_gb_per_s: float, watts: float
) -> Accelerator:
    return Accelerator(
        name=name,
        bandwidth_bytes_per_s=gb_per_s * 1e9,
        fp16_ops_per_s=fp16_t * 1e12,
        int8_ops_per_s=int8_t * 1e12,
        memory_bytes=gb * 1e9,
        link_bytes_per_s=link_gb_per_s * 1e9,
        watts=watts,
    )


ACCELERATORS: dict[str, Accelerator] = {
    entry.name: entry
    for entry in (
        # NVIDIA Ampere GA102 white paper, version 2.
        _of("A6000", gb_per_s=768, fp16_t=309.677 / 2, int8_t=309.7, gb=48, link_gb_per_s=56.25, watts=300),
        # NVIDIA A100 data sheets and Ampere architecture white paper.
        _of("A100-40G", gb_per_s=1555, fp16_t=312, int8_t=624, gb=40, link_gb_per_s=300, watts=400),
        _of("A100-80G", gb_per_s=2039, fp16_t=312, int8_t=624, gb=80, link_gb_per_s=300, watts=400),
        # NVIDIA Hopper white paper, as in the reference table.
        _of("H100-SXM", gb_per_s=3072, fp16_t=989.5, int8_t=1979, gb=80, link_gb_per_s=450, watts=700),
        # NVIDIA data sheets of the H200, L40S and L4; the last two talk over PCIe 4.
        _of("H200-SXM", gb_per_s=4800, fp16_t=989.5, int8_t=1979, gb=141, link_gb_per_s=450, watts=700),
        _of("L40S", gb_per_s=864, fp16_t=362, int8_t=733, gb=48, link_gb_per_s=32, watts=350),
        _of("L4", gb_per_s=300, fp16_t=121, int8_t=242, gb=24, link_gb_per_s=32, watts=72),
    )
}


def accelerator_named(name: str) -> Accelerator:
    """The accelerator of this name; upper and lower case are one.

    Raises:
        UnknownNameError: there is none; the nearest name is offered.
    """
    for known, entry in ACCELERATORS.items():
        if known.lower() == name.lower():
            return entry
    # A name without its variant is closer to all of its variants than letters tell.
    variants = [known for known in ACCELERATORS if known.lower().startswith(name.lower()) and name]
    raise UnknownNameError("accelerator", name, variants or ACCELERATORS)
