"""Polls of teams, and what is recorded about them."""

from collections.abc import Callable
from typing import Any

from accounts.models import User
from polls.models import Poll
from polls.selectors import whole_polls
from polls.services import create_poll
from tests.conftest import actor_of
from workspaces.models import Activity, Workspace

MakeTeamPoll = Callable[..., Poll]


def make_team_poll(user: User, workspace: Workspace, **fields: Any) -> Poll:
    """A poll that ``user`` creates in a workspace: tea or coffee, and open by default."""
    poll = create_poll(
        **{
            "actor": actor_of(user),
            "question": "Tea or coffee?",
            "options": ["Tea", "Coffee"],
            "is_published": True,
            "workspace_id": workspace.id,
            **fields,
        }
    )
    return whole_polls().get(id=poll.id)


def recorded_of(poll: Poll) -> list[tuple[str, Any, Any, Any]]:
    """The activities about a poll, as (verb, actor id, before, after)."""
    rows = Activity.objects.filter(target_id=poll.id).order_by("seq")
    return list(rows.values_list("verb", "actor_id", "before", "after"))
