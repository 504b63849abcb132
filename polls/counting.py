"""Counts polls, for profiles and lists."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Count, OuterRef, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from polls.models import Poll
from workspaces.hooks import Counts, polls_per_project, polls_per_workspace


def count_polls_of(user_id: UUID) -> int:
    """Count the polls of a user, including drafts."""
    return Poll.objects.filter(creator_id=user_id).count()


@polls_per_project.register
def count_per_project(project_ids: Collection[UUID]) -> Counts:
    """Count the polls of projects, including drafts; one query."""
    polls = Poll.objects.filter(project__any_of=project_ids).order_by()
    return dict(polls.values_list("project_id").annotate(count=Count("id")))


@polls_per_workspace.register
def count_per_workspace(workspace_ids: Collection[UUID]) -> Counts:
    """Count the polls of workspaces, including drafts; one query."""
    polls = Poll.objects.filter(workspace__any_of=workspace_ids).order_by()
    return dict(polls.values_list("workspace_id").annotate(count=Count("id")))


def polls_per_user() -> Combinable:
    """Return :func:`count_polls_of` as an expression for queries of users."""
    polls = Poll.objects.filter(creator=OuterRef("pk")).order_by().values("creator")
    return Coalesce(Subquery(polls.annotate(count=Count("pk")).values("count")), 0)
