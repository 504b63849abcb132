"""Jobs in the viewer's language: their types, states, progress and results."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from jobs.models import Job, JobState
from web.manage_texts import moment_texts
from web.messages import sentence_of_code

# By the name in the row.
TYPE_NAMES: Mapping[str, Promise] = {
    "report": gettext_lazy("Report"),
    "code_execution": gettext_lazy("Program"),
    "data_processing.recount": gettext_lazy("Recount"),
    "data_processing.import_polls": gettext_lazy("Import of polls"),
    "data_processing.import_roster": gettext_lazy("Import of members"),
    "data_processing.export_workspace": gettext_lazy("Export of a workspace"),
    "data_processing.import_workspace": gettext_lazy("Import of a workspace"),
    "data_processing.erase_person": gettext_lazy("Deletion of personal data"),
    "data_processing.delete_poll": gettext_lazy("Deletion of a poll"),
}
STATE_NAMES: Mapping[str, Promise] = {
    JobState.QUEUED.value: pgettext_lazy("job", "Waiting"),
    JobState.RUNNING.value: pgettext_lazy("job", "Running"),
    JobState.SUCCEEDED.value: pgettext_lazy("job", "Finished"),
    JobState.FAILED.value: pgettext_lazy("job", "Failed"),
    JobState.CANCELLED.value: pgettext_lazy("job", "Cancelled"),
}
# What handlers report, in English.
PROGRESS: Mapping[str, Promise] = {
    "Adding people": gettext_lazy("Adding people"),
    "Checking the archive": gettext_lazy("Checking the archive"),
    "Comparing": gettext_lazy("Comparing"),
    "Counting votes": gettext_lazy("Counting votes"),
    "Creating the polls": gettext_lazy("Creating the polls"),
    "Reading the file": gettext_lazy("Reading the file"),
    "Running the program": gettext_lazy("Running the program"),
    "Writing polls and ballots": gettext_lazy("Writing polls and ballots"),
    "Writing the report": gettext_lazy("Writing the report"),
}

# Errors whose message says where in a file the fault is, in English.
_DETAILED = frozenset({"archive.invalid", "file.unreadable", "validation"})


def type_name(type_: str) -> str:
    """Return what a job does; a general word for types of other versions."""
    name = TYPE_NAMES.get(type_)
    return _("Job") if name is None else str(name)


def progress_text(message: str) -> str:
    """Return a progress message; empty if it is not known in the viewer's language."""
    known = PROGRESS.get(message)
    if known is not None:
        return str(known)
    return message if _is_english() else ""


def error_text(job: Job) -> str:
    """Return why the last attempt failed; empty if none has."""
    if job.error_code in _DETAILED:
        return f"{sentence_of_code(job.error_code)} {job.error_message}"
    return sentence_of_code(job.error_code) if job.error_code else ""


def job_texts() -> dict[str, object]:
    """Return the texts for the script: the progress messages, and what it announces."""
    return {
        "progress": {message: str(text) for message, text in PROGRESS.items()},
        "showsOthers": _is_english(),
        "changed": _("{job}: {state}"),
        **moment_texts(),
    }


def _is_english() -> bool:
    return (get_language() or "en").startswith("en")
