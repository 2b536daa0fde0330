"""The front door to learned routing for Python: outcomes from tables and runs, routers trained, policies evaluated."""

from coreagent.evaluation.routing.adopting import Adoption, add_model
from coreagent.evaluation.routing.evaluating import evaluate_policies
from coreagent.evaluation.routing.files import load_router
from coreagent.evaluation.routing.labelling import Labels, choose_labels
from coreagent.evaluation.routing.sources import read_outcomes_of
from coreagent.evaluation.routing.sweeping import FlagSweep, sweep_flag
from coreagent.evaluation.routing.training import TrainingResult, train_router

__all__ = [
    "Adoption",
    "FlagSweep",
    "Labels",
    "TrainingResult",
    "add_model",
    "choose_labels",
    "evaluate_policies",
    "load_router",
    "read_outcomes_of",
    "sweep_flag",
    "train_router",
]
