"""Extension points of workspaces, see :mod:`apikit.registries`."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from apikit.registries import Hook, Provider
from workspaces.models import Activity
from workspaces.wire import NamedPerson

# Deletes the polls of workspaces that are about to be deleted: (workspace_ids). Runs first in that
# transaction, before the project's row is locked, because polls are locked before projects, in the
# order of their ids. Records no activities: that of the workspace or project counts the polls.
workspace_deleted: Hook[[Sequence[UUID]], None] = Hook()

# Runs in the transaction that deletes a project, with its row locked: (project_id).
project_deleted: Hook[[UUID], None] = Hook()

# Runs in the transaction of each activity, with the project's row locked: (activity, actor), the
# actor None for what the clock did.
activity_recorded: Hook[[Activity, NamedPerson | None], None] = Hook()

Counts = Mapping[UUID, int]


def _count_nothing(_ids: Collection[UUID]) -> Counts:
    return {}


# Count the polls of projects or workspaces, by their ids; one query each.
polls_per_project: Provider[[Collection[UUID]], Counts] = Provider(_count_nothing)
polls_per_workspace: Provider[[Collection[UUID]], Counts] = Provider(_count_nothing)
