"""Records what happens in projects.

Every change in a project calls :func:`record` in its transaction, so that there is one row for
each change, and none for a change that was rolled back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from apikit.actors import Actor
from realtime import publish
from workspaces.errors import ProjectNotFoundError
from workspaces.events import ActivityRecorded
from workspaces.hooks import activity_recorded
from workspaces.models import TARGET_NAME_MAX_CHARS, Activity, Project
from workspaces.topics import project_topic
from workspaces.wire import ActivityView, NamedPerson, TargetView

TargetKind = Literal["project", "workspace", "member", "invitation", "poll", "job"]
Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """What an activity is about. ``workspace_id`` is the workspace that it belongs to, if any."""

    kind: TargetKind
    id: UUID | None
    name: str
    workspace_id: UUID | None = None


def record(
    project_id: UUID,
    verb: str,
    target: Target,
    *,
    actor: Actor | None = None,
    before: Fields | None = None,
    after: Fields | None = None,
) -> Activity:
    """Write an activity, and publish it after the commit; three queries.

    ``actor`` is None for what the clock did. ``before`` and ``after`` are JSON values by field
    name on the wire, of the changed fields only; they must not hold email addresses or secrets,
    since rows cannot be changed. Locks the project's row until the end of the transaction: call it
    after all locks on polls.

    :raises ProjectNotFoundError: if the project was deleted meanwhile.
    """
    activity = Activity(
        project_id=project_id,
        seq=_next_seq(project_id),
        actor_id=None if actor is None else actor.id,
        verb=verb,
        target_kind=target.kind,
        target_id=target.id,
        target_name=target.name[:TARGET_NAME_MAX_CHARS],
        workspace_id=target.workspace_id,
        before=None if before is None else dict(before),
        after=None if after is None else dict(after),
        created_at=timezone.now(),
    )
    activity.save(force_insert=True)
    person = _person(activity.actor_id)
    activity_recorded.run(activity, person)
    recorded = ActivityRecorded(project_id=project_id, activity=view_activity(activity, person))
    transaction.on_commit(partial(publish, project_topic(project_id), recorded))
    return activity


def changed_fields(before: Fields, after: Fields) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields that differ, as they were and as they are."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}


def view_activity(activity: Activity, person: NamedPerson | None) -> ActivityView:
    """Return an activity as ``ActivityView``; ``person`` is its actor, None if deleted."""
    return ActivityView(
        id=activity.id,
        seq=activity.seq,
        verb=activity.verb,
        actor=person,
        target=TargetView(
            kind=activity.target_kind, id=activity.target_id, name=activity.target_name
        ),
        workspace_id=activity.workspace_id,
        before=activity.before,
        after=activity.after,
        created_at=activity.created_at,
    )


def _next_seq(project_id: UUID) -> int:
    """Raise ``last_seq`` and return it; the row is locked until the end of the transaction."""
    if not Project.objects.filter(id=project_id).update(last_seq=F("last_seq") + 1):
        raise ProjectNotFoundError
    return Project.objects.values_list("last_seq", flat=True).get(id=project_id)


def _person(user_id: UUID | None) -> NamedPerson | None:
    if user_id is None:
        return None
    name = User.objects.filter(id=user_id).values_list("name", flat=True).first()
    return None if name is None else NamedPerson(id=user_id, name=name)
