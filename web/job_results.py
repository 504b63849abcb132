"""Results of jobs in words and tables."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jobs.models import Job

# Rows of a table on a page; the whole result can be downloaded.
MAX_ROWS = 200


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under their headings. ``numbers`` are the columns with numbers."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]
    numbers: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """Text as a program wrote it."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class ShownResult:
    """A result: ``kind`` is the notice that its sentence is in, "success" or "warning"."""

    sentence: str = ""
    kind: str = "success"
    tables: Sequence[Table] = field(default_factory=list)
    outputs: Sequence[Output] = field(default_factory=list)
    # The page that it has led to, and whether the dry run can be followed by the import.
    url: str = ""
    can_import: bool = False


def show_result(job: Job) -> ShownResult | None:
    """Return the result of a job that succeeded; None if it has none, or is a file."""
    result = job.result
    if not result:
        return None
    shown = SHOWN.get(job.type, _show_json)(result)
    is_checked = job.type in IMPORTS and bool(job.payload.get("dryRun"))
    return replace(shown, can_import=is_checked and shown.can_import)


def _show_recount(result: Mapping[str, Any]) -> ShownResult:
    count = result.get("ballotCount", 0)
    votes = ngettext("%(count)s person has voted.", "%(count)s people have voted.", count)
    counted = votes % {"count": count}
    if result.get("isCorrect"):
        return ShownResult(f"{_('The results are correct.')} {counted}")
    rows = [
        [_("Option") if each.get("optionId") else _("Voters"), each["kept"], each["counted"]]
        for each in result.get("mismatches", ())
    ]
    headings = [_("Counter"), _("Was"), _("Is")]
    table = Table(_("Corrected numbers"), headings, rows, numbers=(1, 2))
    return ShownResult(
        f"{_('The results were wrong and have been corrected.')} {counted}", "warning", [table]
    )


def _show_program(result: Mapping[str, Any]) -> ShownResult:
    error = result.get("error")
    outputs = [
        Output(_("Output"), result.get("stdout") or ""),
        Output(_("Errors"), result.get("stderr") or ""),
        Output(_("Value"), "" if result.get("value") is None else _as_json(result["value"])),
    ]
    shown = [each for each in outputs if each.text]
    if error:
        return ShownResult(
            _("The program ended with an error."),
            "warning",
            outputs=[
                Output(str(error.get("name") or _("Error")), str(error.get("message") or "")),
                *shown,
            ],
        )
    return ShownResult(_("The program has run."), outputs=shown)


def _show_polls(result: Mapping[str, Any]) -> ShownResult:
    valid, problems = result["validCount"], result["problemCount"]
    tables = _tables_of_rows(result)
    if not result["dryRun"]:
        created = ngettext("%(count)s poll was created.", "%(count)s polls were created.", valid)
        return ShownResult(created % {"count": valid}, tables=tables)
    if problems:
        return ShownResult(_problems_sentence(problems), "warning", tables)
    if not valid:
        return ShownResult(_("There are no polls in this file."), "warning", tables)
    sentence = ngettext(
        "The file has no problems. It contains %(count)s poll.",
        "The file has no problems. It contains %(count)s polls.",
        valid,
    )
    return ShownResult(sentence % {"count": valid}, "", tables, can_import=True)


def _show_roster(result: Mapping[str, Any]) -> ShownResult:
    new, problems, tables = result["newCount"], result["problemCount"], _tables_of_rows(result)
    if not result["dryRun"]:
        sentence = _("Added: %(added)s. Invited: %(invited)s.") % {
            "added": result["addedCount"],
            "invited": result["invitedCount"],
        }
        return ShownResult(sentence, tables=tables)
    if problems:
        return ShownResult(_problems_sentence(problems), "warning", tables)
    sentence = _(
        "The file has no problems. New people: %(new)s. Members already: %(members)s. "
        "Invited already: %(invited)s."
    ) % {
        "new": new,
        "members": result["memberCount"],
        "invited": result["alreadyInvitedCount"],
    }
    return ShownResult(sentence, "", tables, can_import=new > 0)


def _problems_sentence(count: int) -> str:
    sentence = ngettext(
        "The file has %(count)s problem. Correct it, then choose the file again.",
        "The file has %(count)s problems. Correct them, then choose the file again.",
        count,
    )
    return sentence % {"count": count}


def _tables_of_rows(result: Mapping[str, Any]) -> list[Table]:
    """Return what there is to say of the rows and columns of an imported file."""
    tables = []
    if result["problems"]:
        rows = [[each["row"], each["column"], each["message"]] for each in result["problems"]]
        tables.append(Table(_("Problems"), [_("Row"), _("Column"), _("Problem")], rows))
    if result["duplicates"]:
        twins = [[each["row"], each["sameAsRow"]] for each in result["duplicates"]]
        tables.append(Table(_("Repeated rows"), [_("Row"), _("Same as row")], twins))
    if result["unknownColumns"]:
        unknown = [[name] for name in result["unknownColumns"]]
        tables.append(Table(_("Columns that were ignored"), [_("Column")], unknown))
    return tables


def _show_workspace(result: Mapping[str, Any]) -> ShownResult:
    polls = ngettext("%(count)s poll", "%(count)s polls", result["pollCount"])
    ballots = ngettext("%(count)s ballot", "%(count)s ballots", result["ballotCount"])
    found = {
        "name": result["name"],
        "polls": polls % {"count": result["pollCount"]},
        "ballots": ballots % {"count": result["ballotCount"]},
    }
    if result["workspaceId"] is None:
        sentence = _("The archive is complete: “%(name)s” with %(polls)s and %(ballots)s.") % found
        return ShownResult(sentence, "", can_import=True)
    sentence = _("“%(name)s” was imported, with %(polls)s and %(ballots)s.") % found
    return ShownResult(sentence, url=reverse("web:workspace", args=[result["workspaceId"]]))


def _show_json(result: Mapping[str, Any]) -> ShownResult:
    return ShownResult(outputs=[Output(_("Result"), _as_json(result))])


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


SHOWN: Mapping[str, Callable[[Mapping[str, Any]], ShownResult]] = {
    "data_processing.recount": _show_recount,
    "code_execution": _show_program,
    "data_processing.import_polls": _show_polls,
    "data_processing.import_roster": _show_roster,
    "data_processing.import_workspace": _show_workspace,
}
# Types with a dry run, whose result leads to the import.
IMPORTS = frozenset(
    {
        "data_processing.import_polls",
        "data_processing.import_roster",
        "data_processing.import_workspace",
    }
)
