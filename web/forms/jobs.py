"""The forms that start jobs. The tasks validate."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext_lazy as _

from reports.writers import WRITERS, ReportFormat
from web.forms.base import PageForm
from web.messages import sentence_of_code
from web.role_texts import ROLE_NAMES
from workspaces.permissions import Role

# In this order; formats that this version cannot write are left out.
FORMATS = [
    ("pdf", _("PDF, to print and hand out")),
    ("xlsx", _("XLSX, for spreadsheets")),
    ("csv", _("CSV, for spreadsheets and scripts")),
    ("json", _("JSON, for scripts")),
]


def _time_zones() -> list[tuple[str, str]]:
    names = sorted(name for name in available_timezones() if "/" in name)
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


class ReportForm(PageForm):
    """What a report is like. The script selects the time zone of the browser."""

    format = forms.ChoiceField(label=_("Format"))
    language = forms.ChoiceField(label=_("Language"))
    time_zone = forms.ChoiceField(
        label=_("Time zone"), initial="UTC", help_text=_("Of the times in the report.")
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"language": get_language()})
        written = [(name, label) for name, label in FORMATS if _is_written(name)]
        languages = [
            (code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES
        ]
        for name, choices in (
            ("format", written),
            ("language", languages),
            ("time_zone", _time_zones()),
        ):
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        self.fields["time_zone"].widget.attrs["data-time-zone"] = ""

    def payload(self) -> dict[str, str]:
        """Return the payload of the job, without what the report is about."""
        fields = self.cleaned_data
        return {
            "format": fields["format"],
            "language": fields["language"],
            "timeZone": fields["time_zone"],
        }


class FileForm(PageForm):
    """A file to import. The script refuses a file that is too large before it is sent."""

    file = forms.FileField(
        label=_("File"),
        max_length=255,
        error_messages={
            "required": _("Choose a file."),
            "empty": _("This file is empty."),
        },
    )

    def __init__(self, data: Any = None, files: Any = None, *, accept: str) -> None:
        super().__init__(data, files)
        attributes = {
            "accept": accept,
            "data-max-bytes": settings.UPLOAD_MAX_BYTES,
            "data-too-large": sentence_of_code("upload.too_large"),
        }
        self.fields["file"].widget.attrs |= attributes


class RosterForm(FileForm):
    """A file with the people to add to a project, and their role."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=list(ROLE_NAMES.items()),
        initial=Role.VIEWER.value,
        help_text=_("For people whose row names none."),
    )

    field_order = ("file", "role")


def _is_written(name: str) -> bool:
    return name in list(ReportFormat) and ReportFormat(name) in WRITERS
