"""What may be sent to the embedder: nothing labelled above its clearance."""

from coreagent.errors import ClearanceError
from coreagent.knowledge.documents.document import Document
from coreagent.knowledge.documents.front_matter import texts
from coreagent.labels import Sensitivity
from coreagent.models.embedding import Embedder


def check_clearance(embedder: Embedder, label: Sensitivity, *, subject: str) -> None:
    """Refuse text of this label before any of it is sent; ``subject`` says what it is.

    Raises:
        ClearanceError: the embedder may not see it.
    """
    if label > embedder.clearance:
        raise ClearanceError(
            f"{subject} is labelled {label}, and the embedder may be sent {embedder.clearance} text at most",
            mend="Raise clearance in [knowledge.embedder] where that is true (the cloud never gets confidential text),"
            ' or set adapter = "bundled", which sends nothing anywhere.',
        )


def refusal(embedder: Embedder, document: Document) -> str:
    """Why a document may not be sent for the label that it gives itself; empty when it may."""
    label = own_label(document)
    if label <= embedder.clearance:
        return ""
    return f"it labels itself {label}, and the embedder may be sent {embedder.clearance} text at most"


def own_label(document: Document) -> Sensitivity:
    """The strictest label that the document gives itself; public when it gives none."""
    return max(map(Sensitivity.parse, texts(document.meta, "label")), default=Sensitivity.PUBLIC)
