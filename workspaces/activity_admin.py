"""The activity of projects in the admin, to read only: rows are never changed or deleted."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import User
from accounts.moderation.base import moment_text
from accounts.moderation.filters import CreatedFilter
from accounts.selectors import matching_users
from apikit.errors import shortened
from apikit.searching import found_among_newest
from apikit.wire import encode
from workspaces.admin_filters import TargetFilter
from workspaces.admin_parts import ReadOnlyAdmin, person_link
from workspaces.models import Activity, Project

TARGET_SHOWN_CHARS = 100
# The most people that a search matches, so that its cost is bounded.
PEOPLE_FOUND = 200


@admin.register(Activity)
class ActivityAdmin(ReadOnlyAdmin[Activity]):
    """Lists activities with two queries besides those of every page, a search with four.

    Names come from subqueries, because the rows outlive projects and people.
    """

    fields = (
        "project_shown",
        "seq",
        "created_at",
        "actor_shown",
        "verb",
        "target_kind",
        "target_name",
        "target_id",
        "workspace_id",
        "before_shown",
        "after_shown",
    )
    list_display = ("made", "project_shown", "actor_shown", "verb", "target")
    list_filter = (TargetFilter, CreatedFilter)
    lookups = frozenset({"project", "actor", "target_id"})
    ordering = ("-id",)
    search_fields = ("verb", "target_name", "actor__name", "actor__email")
    search_help_text = (
        "Part of what was done or its object's name, in recent activities, or of who did it."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Activity]:
        projects = Project.objects.filter(pk=OuterRef("project_id"))
        people = User.objects.filter(pk=OuterRef("actor_id"))
        return (
            super()
            .get_queryset(request)
            .annotate(
                project_name=Subquery(projects.values("name")[:1]),
                actor_name=Subquery(people.values("name")[:1]),
            )
        )

    def search(self, rows: QuerySet[Activity], text: str) -> QuerySet[Activity]:
        people = User.objects.filter(matching_users(text, by_email=True)).order_by("-id")
        ids = list(people.values_list("id", flat=True)[:PEOPLE_FOUND])
        by_text: Q = found_among_newest(rows, text, "verb", "target_name")
        return rows.filter(by_text | Q(actor_id__in=ids))

    def describe(self, obj: Activity) -> str:
        return f"{obj.verb} {obj.target_name}"

    @admin.display(description="when (UTC)")
    def made(self, activity: Activity) -> SafeString:
        return moment_text(activity.created_at)

    @admin.display(description="project")
    def project_shown(self, activity: Activity) -> SafeString | str:
        name: str | None = activity.project_name  # type: ignore[attr-defined]  # see get_queryset
        if name is None:
            return f"{activity.project_id} (deleted)"
        address = reverse("admin:workspaces_project_change", args=[activity.project_id])
        return format_html('<a href="{}">{}</a>', address, name)

    @admin.display(description="who")
    def actor_shown(self, activity: Activity) -> SafeString | str:
        actor_id: UUID | None = activity.actor_id
        name: str | None = activity.actor_name  # type: ignore[attr-defined]  # see get_queryset
        if actor_id is None:
            return "the clock"
        return f"{actor_id} (deleted)" if name is None else person_link(actor_id, name)

    @admin.display(description="what to")
    def target(self, activity: Activity) -> str:
        return f"{activity.target_kind} {shortened(activity.target_name, TARGET_SHOWN_CHARS)}"

    @admin.display(description="before")
    def before_shown(self, activity: Activity) -> str:
        return _json(activity.before)

    @admin.display(description="after")
    def after_shown(self, activity: Activity) -> str:
        return _json(activity.after)


def _json(fields: dict[str, Any] | None) -> str:
    return "" if fields is None else encode(fields)
