"""Publishes changes of rights in a project, so that processes check the sockets of its people."""

from functools import partial
from uuid import UUID

from django.db import transaction

from realtime import SITE_TOPIC, publish
from workspaces.events import ProjectAccessChanged


def publish_access_change(project_id: UUID, *user_ids: UUID) -> None:
    """Publish after the commit that the rights of some people have changed; of all without ids.

    On the topic of the site, because watchers of a poll are not subscribed to its project's.
    """
    ids = frozenset(user_ids) or None
    changed = ProjectAccessChanged(project_id=project_id, user_ids=ids)
    transaction.on_commit(partial(publish, SITE_TOPIC, changed))
