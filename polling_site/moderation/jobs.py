"""Background jobs in the admin."""

import json
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin import user_link
from accounts.moderation.actions import ObjectAction, run_for_each
from accounts.moderation.base import ModerationAdmin, mark_text, moment_text
from accounts.moderation.filters import ChoiceFilter, CreatedFilter
from accounts.selectors import matching_users
from apikit.actors import Actor
from apikit.errors import shortened
from jobs.models import Job, JobState
from jobs.registry import TASKS
from jobs.services import cancel_for_staff, retry_for_staff

_LOOKS = {
    JobState.SUCCEEDED: "moderation-good",
    JobState.FAILED: "moderation-bad",
    JobState.CANCELLED: "moderation-quiet",
}
# Payloads can be long, such as programs.
JSON_SHOWN_CHARS = 5000


class JobStateFilter(ChoiceFilter):
    title = "state"
    parameter_name = "state"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        return {value: (label.lower(), Q(state=value)) for value, label in JobState.choices}


class JobTypeFilter(ChoiceFilter):
    title = "type"
    parameter_name = "type"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        return {name: (name, Q(type=name)) for name in TASKS}


def _cancel(actor: Actor, job: Job) -> bool:
    return cancel_for_staff(actor=actor, job_id=job.id)


def _retry(actor: Actor, job: Job) -> bool:
    retry_for_staff(actor=actor, job_id=job.id)
    return True


@admin.action(description="Cancel")
def cancel_jobs(
    model_admin: ModerationAdmin[Job], request: HttpRequest, jobs: QuerySet[Job]
) -> None:
    run_for_each(model_admin, request, jobs, ObjectAction(run=_cancel, outcome="cancelled"))


@admin.action(description="Retry")
def retry_jobs(
    model_admin: ModerationAdmin[Job], request: HttpRequest, jobs: QuerySet[Job]
) -> None:
    run_for_each(model_admin, request, jobs, ObjectAction(run=_retry, outcome="queued again"))


@admin.register(Job)
class JobAdmin(ModerationAdmin[Job]):
    """Lists jobs, and shows what went wrong."""

    actions = (cancel_jobs, retry_jobs)
    fields = (
        "type",
        "state_shown",
        "owner_shown",
        "project_id",
        "attempts",
        "progress",
        "progress_message",
        "error_code",
        "error_message",
        "payload_shown",
        "result_shown",
        "worker",
        "created_at",
        "run_at",
        "started_at",
        "finished_at",
    )
    list_display = ("title", "state_shown", "owner_shown", "progress_shown", "error", "made")
    list_display_links = ("title",)
    list_filter = (JobStateFilter, JobTypeFilter, CreatedFilter)
    lookups = frozenset({"owner"})
    ordering = ("-id",)
    search_fields = ("owner__name", "owner__email")
    search_help_text = "A part of the owner's name or email address, or the id of a job."
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return super().get_queryset(request).select_related("owner")

    def has_change_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        # Jobs are read-only; seeing the list is enough to cancel them.
        return obj is None

    def search(self, rows: QuerySet[Job], text: str) -> QuerySet[Job]:
        try:
            return rows.filter(id=UUID(text))
        except ValueError:
            return rows.filter(matching_users(text, by_email=True, prefix="owner__"))

    def fitting_actions(self, request: HttpRequest, obj: Job) -> list[str]:
        if not obj.is_finished:
            return ["cancel_jobs"]
        return [] if obj.state == JobState.SUCCEEDED else ["retry_jobs"]

    @admin.display(description="type")
    def title(self, job: Job) -> str:
        return job.type

    @admin.display(description="state")
    def state_shown(self, job: Job) -> SafeString:
        state = JobState(job.state)
        return mark_text(state.value, _LOOKS.get(state, ""))

    @admin.display(description="owner")
    def owner_shown(self, job: Job) -> SafeString | str:
        return "the site" if job.owner is None else user_link(job.owner)

    @admin.display(description="progress")
    def progress_shown(self, job: Job) -> str:
        return f"{job.progress} %"

    @admin.display(description="error")
    def error(self, job: Job) -> str:
        return job.error_message

    @admin.display(description="created (UTC)")
    def made(self, job: Job) -> SafeString:
        return moment_text(job.created_at)

    @admin.display(description="payload")
    def payload_shown(self, job: Job) -> SafeString:
        return _shown(job.payload)

    @admin.display(description="result")
    def result_shown(self, job: Job) -> SafeString:
        return _shown(job.result)


def _shown(value: object) -> SafeString:
    if value is None:
        return SafeString("")
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return format_html("<pre>{}</pre>", shortened(text, JSON_SHOWN_CHARS))
