"""How fast a self-hosted model can be, and whether it fits, from its shape and its accelerator's data sheet."""

from coreagent.models.hardware.accelerators import ACCELERATORS, Accelerator, accelerator_named
from coreagent.models.hardware.architectures import ARCHITECTURES, Architecture, architecture_named
from coreagent.models.hardware.prediction import check_fits, predicted_latency
from coreagent.models.hardware.roofline import Memory, Precision, Roofline

__all__ = [
    "ACCELERATORS",
    "ARCHITECTURES",
    "Accelerator",
    "Architecture",
    "Memory",
    "Precision",
    "Roofline",
    "accelerator_named",
    "architecture_named",
    "check_fits",
    "predicted_latency",
]
