"""Models are made ready before their calls come, once it is known which calls will come."""

from collections.abc import Sequence

from coreagent.budget import Ledger
from coreagent.errors import CoreAgentError
from coreagent.events import Warned
from coreagent.graphs.calling import Work
from coreagent.graphs.deps import Deps
from coreagent.graphs.listening import Emit
from coreagent.graphs.state import CoreState
from coreagent.plans import Subtask


def look_ahead(deps: Deps, state: CoreState, coming: Sequence[Subtask], *, ledger: Ledger, emit: Emit) -> None:
    """Tell the prewarmer, if there is one, which models routing would choose now for these calls, in their order."""
    if deps.prewarmer is None:
        return
    found = [
        deps.calls.foresee(
            task.role,
            work=Work(
                subtask=task.id,
                label=task.label.join(state["label"]),
                options=state["options"],
                text=task.instruction,
                domain=task.domain,
            ),
            ledger=ledger,
        )
        for task in coming
    ]
    try:
        deps.prewarmer.upcoming([name for name in found if name], ledger=ledger)
    except CoreAgentError as error:
        emit(Warned(f"models are not loaded ahead: {error}"))
