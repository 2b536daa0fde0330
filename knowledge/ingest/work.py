"""Does one job in the process it is called in."""

from coreagent.errors import CoreAgentError, DocumentError
from coreagent.knowledge.documents.archives import unpack
from coreagent.knowledge.ingest.jobs import Failure, Job, Limits, Outcome
from coreagent.knowledge.ingest.prepare import prepare, read_document


def work(job: Job, limits: Limits) -> Outcome:
    """The outcome; what a file does to its converter is a failure of that file.

    Raises:
        MemoryError: the file needs more memory than there is.
    """
    try:
        if job.folder is not None:
            return unpack(job.source, job.folder, max_mb=limits.max_archive_mb, max_file_mb=limits.max_file_mb)
        return prepare(read_document(job.source, job.name, shown=job.shown, max_mb=limits.max_file_mb))
    except MemoryError:
        raise
    except CoreAgentError as error:
        path = error.path if isinstance(error, DocumentError) else ""
        source = str(job.source)
        cause, mend = error.message.removeprefix(f"{path}: "), error.mend
        return Failure(cause.replace(source, job.shown), mend.replace(source, job.shown))
    except Exception as error:  # noqa: BLE001 - a hostile file may raise anything in a library; it costs that file only
        return Failure(f"it could not be converted ({type(error).__name__}: {str(error)[:200]})", "Check the file.")
