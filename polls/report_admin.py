"""The abuse reports in the admin."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin import user_link
from accounts.moderation.actions import ObjectAction, run_for_each
from accounts.moderation.base import ModerationAdmin, mark_text, moment_text
from accounts.moderation.filters import ChoiceFilter, CreatedFilter
from apikit.actors import Actor
from apikit.searching import found_by
from polls.abuse_reports import decide_report
from polls.models import AbuseReason, AbuseReport, AbuseReportState, Poll
from polls.selectors import matching_polls

Reports = QuerySet[AbuseReport]


def reports_of(poll: Poll) -> str:
    """Return the URL of the list of a poll's reports."""
    query = urlencode({"poll": poll.pk})
    return f"{reverse('admin:polls_abusereport_changelist')}?{query}"


class ReportStateFilter(ChoiceFilter):
    title = "state"
    parameter_name = "state"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        return {
            str(state): (str(state.label).lower(), Q(state=state)) for state in AbuseReportState
        }


class ReasonFilter(ChoiceFilter):
    title = "reason"
    parameter_name = "reason"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        return {str(each): (str(each.label).lower(), Q(reason=each)) for each in AbuseReason}


@admin.register(AbuseReport)
class AbuseReportAdmin(ModerationAdmin[AbuseReport]):
    """Lists abuse reports, to resolve or dismiss. Hiding a poll resolves its reports."""

    actions = ("resolve", "dismiss")
    fields = (
        "poll_shown",
        "reason",
        "note",
        "reporter_shown",
        "state",
        "created_at",
        "decided_at",
        "decided_by",
    )
    list_display = ("made", "reason", "note", "poll_shown", "reporter_shown", "state_shown")
    list_filter = (ReportStateFilter, ReasonFilter, CreatedFilter)
    lookups = frozenset({"poll", "reporter"})
    ordering = ("-id",)
    search_fields = ("poll__question", "poll__join_code", "note")
    search_help_text = "A part of the question or of the note, or the join code."
    sortable_by = ()

    def has_change_permission(self, request: HttpRequest, obj: AbuseReport | None = None) -> bool:
        # Reports are read-only; seeing the list is enough to decide them.
        return obj is None

    def get_queryset(self, request: HttpRequest) -> Reports:
        return super().get_queryset(request).select_related("poll", "reporter")

    def search(self, rows: Reports, text: str) -> Reports:
        return rows.filter(matching_polls(text, "poll__") | found_by(text, "searchable_note"))

    def links_for(self, request: HttpRequest, obj: AbuseReport) -> list[tuple[str, str]]:
        return [(reports_of(obj.poll), "All reports of this poll")]

    def fitting_actions(self, request: HttpRequest, obj: AbuseReport) -> list[str]:
        return ["resolve", "dismiss"] if obj.state == AbuseReportState.OPEN else []

    @admin.display(description="reported (UTC)")
    def made(self, report: AbuseReport) -> SafeString:
        return moment_text(report.created_at)

    @admin.display(description="poll")
    def poll_shown(self, report: AbuseReport) -> SafeString:
        address = reverse("admin:polls_poll_change", args=[report.poll_id])
        return format_html('<a href="{}">{}</a>', address, report.poll.question)

    @admin.display(description="reporter")
    def reporter_shown(self, report: AbuseReport) -> SafeString:
        return user_link(report.reporter)

    @admin.display(description="state")
    def state_shown(self, report: AbuseReport) -> SafeString:
        look = "moderation-bad" if report.state == AbuseReportState.OPEN else "moderation-quiet"
        return mark_text(report.get_state_display(), look)

    @admin.action(description="Resolve")
    def resolve(self, request: HttpRequest, reports: Reports) -> None:
        self._decide(request, reports, AbuseReportState.RESOLVED)

    @admin.action(description="Dismiss")
    def dismiss(self, request: HttpRequest, reports: Reports) -> None:
        self._decide(request, reports, AbuseReportState.DISMISSED)

    def _decide(self, request: HttpRequest, reports: Reports, state: AbuseReportState) -> None:
        def run(actor: Actor, report: Any) -> bool:
            return decide_report(actor=actor, report_id=report.pk, state=state)

        outcome = str(state.label).lower()
        run_for_each(self, request, reports, ObjectAction(run=run, outcome=outcome))
