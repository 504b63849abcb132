"""Reads and removes the activities of projects; ``workspaces.activity`` writes them."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from apikit.actors import Actor
from apikit.pruning import BATCH_ROWS, Batch, delete_batch, pruner
from workspaces.activity import TargetKind, view_activity
from workspaces.models import PROJECT_DELETED, Activity
from workspaces.permissions import Action
from workspaces.selectors import get_standing
from workspaces.wire import ActivityView, NamedPerson

# How long staff can see who has deleted a project, and what happened in it.
DELETED_KEPT = timedelta(days=30)
# See the migrations append_only_activity and erasable_names.
_REMOVES_ACTIVITY = "tallyroom.removes_activity"
_ERASES_NAMES = "tallyroom.erases_names"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityFilter:
    """Which activities to list; all that match everything that is given.

    ``since`` is inclusive, ``until`` exclusive, ``after`` a ``seq`` that is exclusive. With
    ``poll_id``, those about the poll itself.
    """

    actor_id: UUID | None = None
    verb: str | None = None
    kind: TargetKind | None = None
    workspace_id: UUID | None = None
    poll_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: int | None = None

    def apply(self, activities: QuerySet[Activity]) -> QuerySet[Activity]:
        """Return those of ``activities`` that match."""
        conditions = {
            "actor_id": self.actor_id,
            "verb": self.verb,
            "target_kind": self.kind,
            "workspace_id": self.workspace_id,
            "created_at__gte": self.since,
            "created_at__lt": self.until,
            "seq__gt": self.after,
        }
        given = {name: value for name, value in conditions.items() if value is not None}
        if self.poll_id is not None:
            activities = activities.filter(target_kind="poll", target_id=self.poll_id)
        return activities.filter(**given)


def list_activity_for(
    actor: Actor, project_id: UUID, narrow: ActivityFilter, action: Action = Action.VIEW_ACTIVITY
) -> QuerySet[Activity]:
    """Return the activities of a project with their actors, newest first; two queries before it.

    :raises AuthenticationRequiredError, GuestRefusedError: for visitors and guests.
    :raises ProjectNotFoundError, ActionNotAllowedError: if ``actor`` may not do ``action``.
    """
    get_standing(actor, project_id, action)
    return narrow.apply(activities_of(project_id)).order_by("-seq")


def activities_of(project_id: UUID) -> QuerySet[Activity]:
    """Return the activities of a project; a deleted actor is None."""
    return Activity.objects.filter(project_id=project_id).select_related("actor")


def show_activity(activity: Activity) -> ActivityView:
    """Return an activity of :func:`activities_of` as ``ActivityView``."""
    # None if there is no such user any more: the column has no foreign key.
    actor = activity.actor if activity.actor_id is not None else None
    person = None if actor is None else NamedPerson(id=actor.id, name=actor.name)
    return view_activity(activity, person)


# Removing


@contextmanager
def _permitted(permission: str = _REMOVES_ACTIVITY) -> Iterator[None]:
    """Let the transaction do to activities what PostgreSQL otherwise refuses."""
    with transaction.atomic():
        _set_permission(permission, "on")
        yield
        # Only here, not to the end of a longer transaction. After an error, the rollback resets it.
        _set_permission(permission, "off")


def _set_permission(permission: str, value: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config(%s, %s, true)", [permission, value])


def clear_names(kind: TargetKind, target_ids: Collection[UUID]) -> None:
    """Clear the names of these targets in the activities of all projects; the rest of them stays.

    Reads all activities once, because there is no index for it.
    """
    about = Activity.objects.filter(target_kind=kind, target_id__in=target_ids)
    ids = list(about.exclude(target_name="").order_by().values_list("id", flat=True))
    for start in range(0, len(ids), BATCH_ROWS):
        with _permitted(_ERASES_NAMES):
            chunk = Activity.objects.filter(id__in=ids[start : start + BATCH_ROWS])
            chunk.update(target_name="")


def remove_activity_of(project_id: UUID, limit: int) -> int:
    """Delete at most ``limit`` activities of a deleted project, the oldest first; return the count.

    The last one is that of its deletion, by which the pruner finds it.
    """
    oldest = Activity.objects.filter(project_id=project_id).order_by("seq")
    ids = list(oldest.values_list("id", flat=True)[:limit])
    with _permitted():
        return Activity.objects.filter(id__in=ids).delete()[0]


@pruner("activity", every=timedelta(hours=1))
def prune_activity(_position: str) -> Batch:
    """Delete a batch of activities older than ``ACTIVITY_RETENTION_DAYS``; 0 keeps all.

    The numbers of later activities continue.
    """
    if not settings.ACTIVITY_RETENTION_DAYS:
        return Batch(0, None)
    kept_since = timezone.now() - timedelta(days=settings.ACTIVITY_RETENTION_DAYS)
    outdated = Activity.objects.filter(created_at__lt=kept_since).order_by("created_at")
    with _permitted():
        return delete_batch(outdated)


@pruner("activity_of_deleted_projects", every=timedelta(hours=1))
def prune_activity_of_deleted_projects(_position: str) -> Batch:
    """Delete a batch of activities of a project that was deleted ``DELETED_KEPT`` ago."""
    deleted = Activity.objects.filter(
        verb=PROJECT_DELETED, created_at__lt=timezone.now() - DELETED_KEPT
    )
    project_id = deleted.order_by("created_at").values_list("project_id", flat=True).first()
    return (
        Batch(0, None)
        if project_id is None
        else Batch(remove_activity_of(project_id, BATCH_ROWS), "")
    )
