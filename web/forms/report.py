"""The form for reporting a poll to the moderators."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apikit.forms import ParagraphField
from polls.models import ABUSE_NOTE_MAX_CHARS, AbuseReason
from web.forms.base import PageForm

REASONS = [
    (AbuseReason.SPAM.value, _("Spam or advertising")),
    (AbuseReason.HATE.value, _("Hate or harassment")),
    (AbuseReason.PERSONAL.value, _("Personal information")),
    (AbuseReason.MISLEADING.value, _("False or misleading")),
    (AbuseReason.OTHER.value, _("Something else")),
]


class ReportForm(PageForm):
    reason = forms.ChoiceField(
        label=_("Why are you reporting this poll?"),
        choices=REASONS,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a reason.")},
    )
    note = ParagraphField(
        label=_("Details"),
        required=False,
        max_length=ABUSE_NOTE_MAX_CHARS,
        help_text=_("Optional. Only moderators can see this."),
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
    )
