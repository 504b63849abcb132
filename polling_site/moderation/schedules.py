"""All recurring work in the admin: schedules, pruning, and what every process does each second."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.moderation.actions import ObjectAction, run_for_each
from accounts.moderation.base import ModerationAdmin, mark_text, moment_text, number_text
from apikit.actors import Actor
from apikit.models import PruningState, RecurringRun
from apikit.pruning import PRUNERS, make_due
from apikit.recurring import RECURRING_WORK
from jobs.models import Schedule
from jobs.schedules import SCHEDULES, run_for_staff


@dataclass(frozen=True, slots=True)
class RecurringRow:
    """A row of the second table on the page of schedules."""

    name: str
    description: str
    next_run: SafeString
    last_run: SafeString
    last_count: str


def list_recurring_work() -> list[RecurringRow]:
    """Return the pruners and the work without a schedule; two queries, and those of the latter."""
    now = timezone.now()
    states = PruningState.objects.in_bulk(list(PRUNERS))
    runs = RecurringRun.objects.in_bulk(list(RECURRING_WORK))
    continuous = [
        _row(each.name, each.description, each.next_run_at(), runs.get(each.name), now)
        for each in RECURRING_WORK.values()
    ]
    pruned = [
        _row(kind, "deletes expired rows", state.next_run_at if state else now, state, now)
        for kind, state in ((kind, states.get(kind)) for kind in sorted(PRUNERS))
    ]
    return continuous + pruned


def _row(
    name: str,
    description: str,
    next_run_at: datetime | None,
    last: PruningState | RecurringRun | None,
    now: datetime,
) -> RecurringRow:
    return RecurringRow(
        name,
        description,
        next_run_text(next_run_at, now),
        moment_text(last.last_run_at if last else None),
        number_text(last.last_count) if last and last.last_run_at else "",
    )


def next_run_text(moment: datetime | None, now: datetime) -> SafeString:
    """Format the time of the next run; what is due runs within seconds."""
    if moment is None:
        return SafeString("nothing to do")
    return mark_text("now") if moment <= now else moment_text(moment)


def _run_schedule(actor: Actor, schedule: Schedule) -> bool:
    run_for_staff(actor=actor, name=schedule.name)
    return True


@admin.action(description="Run now")
def run_schedules(
    model_admin: ModerationAdmin[Schedule], request: HttpRequest, schedules: QuerySet[Schedule]
) -> None:
    action = ObjectAction(run=_run_schedule, outcome="job created")
    run_for_each(model_admin, request, schedules, action)


@admin.register(Schedule)
class ScheduleAdmin(ModerationAdmin[Schedule]):
    """When each scheduled task ran last, and runs next; below, all other recurring work."""

    actions = (run_schedules,)
    change_list_template = "admin/schedules.html"
    fields = ("name", "interval", "next_run_at", "last_run_at", "last_job_shown")
    list_display = ("name", "interval", "next_run", "last_run", "last_job_shown")
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        return super().get_queryset(request).select_related("last_job")

    def has_change_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        # Schedules are read-only; seeing the list is enough to run them.
        return obj is None

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"recurring_work": list_recurring_work(), **(extra_context or {})}
        return super().changelist_view(request, context)

    @admin.display(description="every")
    def interval(self, schedule: Schedule) -> str:
        entry = SCHEDULES.get(schedule.name)
        return str(entry.every) if entry else "unknown to this version"

    @admin.display(description="next run (UTC)")
    def next_run(self, schedule: Schedule) -> SafeString:
        return next_run_text(schedule.next_run_at, timezone.now())

    @admin.display(description="last run (UTC)")
    def last_run(self, schedule: Schedule) -> SafeString:
        return moment_text(schedule.last_run_at)

    @admin.display(description="last job")
    def last_job_shown(self, schedule: Schedule) -> SafeString:
        job = schedule.last_job
        if job is None:
            return SafeString("")
        address = reverse("admin:jobs_job_change", args=[job.pk])
        return format_html('<a href="{}">{}</a>', address, job.state)


def _prune(actor: Actor, state: PruningState) -> bool:
    make_due(state.kind)
    return True


@admin.action(description="Run now")
def prune_now(
    model_admin: ModerationAdmin[PruningState],
    request: HttpRequest,
    states: QuerySet[PruningState],
) -> None:
    action = ObjectAction(run=_prune, outcome="due; a server begins within a minute")
    run_for_each(model_admin, request, states, action)


@admin.register(PruningState)
class PruningStateAdmin(ModerationAdmin[PruningState]):
    """When each kind of rows was pruned last, and will be again."""

    actions = (prune_now,)
    fields = ("kind", "next_run_at", "last_run_at", "last_count", "leased_until")
    list_display = ("kind", "next_run", "last_run", "deleted")
    ordering = ("kind",)
    sortable_by = ()

    def has_change_permission(self, request: HttpRequest, obj: PruningState | None = None) -> bool:
        # Read-only; seeing the list is enough to run them.
        return obj is None

    @admin.display(description="next run (UTC)")
    def next_run(self, state: PruningState) -> SafeString:
        return next_run_text(state.next_run_at, timezone.now())

    @admin.display(description="last run (UTC)")
    def last_run(self, state: PruningState) -> SafeString:
        return moment_text(state.last_run_at)

    @admin.display(description="deleted then")
    def deleted(self, state: PruningState) -> str:
        return number_text(state.last_count)
