"""Deletes polls: locked ones, those of an account, and those of workspaces."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.hooks import Pulse, delete_belongings, erase_writings
from apikit.actors import Actor
from polls.activity import record_poll
from polls.models import Poll
from polls.publishing import publish_poll_update, publish_polls_deleted
from polls.removal import delete_locked_polls
from polls.saving import save_change
from workspaces.hooks import workspace_deleted
from workspaces.models import Member
from workspaces.permissions import Role
from workspaces.selectors import lock_projects


@delete_belongings.register
def delete_polls_of(user_id: UUID) -> None:
    """Delete all polls of a user, each in its own transaction; those of teams get another creator.

    It is the owner of the project who has been a member for longest, or else another member.
    """
    for _ in _delete_polls(user_id):
        pass


@erase_writings.register
def erase_polls(user_id: UUID, pulse: Pulse) -> None:
    """Delete the polls of a person, except for those of teams, as when an account is deleted."""
    for _ in _delete_polls(user_id):
        pulse()


def _delete_polls(user_id: UUID) -> Iterator[None]:
    """Delete one poll after another, or pass it on; yield after each."""
    for poll_id in list(Poll.objects.filter(creator_id=user_id).values_list("id", flat=True)):
        with transaction.atomic():
            poll = Poll.objects.select_for_update().filter(id=poll_id).first()
            if poll is None or poll.creator_id != user_id:
                continue
            lock_projects(poll.project_id)
            heir_id = _find_heir(poll)
            if heir_id is None:
                delete_locked(poll, None)
            else:
                _pass_on(poll, heir_id)
        yield


@workspace_deleted.register
def delete_polls_in(workspace_ids: Sequence[UUID]) -> None:
    """Delete the polls of workspaces; the number of queries does not depend on how many they are.

    The project's activity counts them, instead of one activity for each.
    """
    polls = Poll.objects.select_for_update().filter(workspace__any_of=workspace_ids)
    locked = list(polls.order_by("id"))
    publish_polls_deleted(locked)
    delete_locked_polls(locked, None)


def _find_heir(poll: Poll) -> UUID | None:
    if poll.project_id is None:
        return None
    others = Member.objects.filter(project_id=poll.project_id).exclude(user_id=poll.creator_id)
    ids = others.order_by("id").values_list("user_id", flat=True)
    return ids.filter(role=Role.OWNER).first() or ids.first()


def _pass_on(poll: Poll, heir_id: UUID) -> None:
    now = timezone.now()
    before = {"creatorId": str(poll.creator_id)}
    poll.creator_id = heir_id
    save_change(poll, now)
    publish_poll_update(poll, "edited", now)
    record_poll(poll, "poll.edited", actor=None, before=before, after={"creatorId": str(heir_id)})


def delete_locked(poll: Poll, actor: Actor | None) -> None:
    """Delete a locked poll in constant time; its votes are removed in the background."""
    publish_polls_deleted([poll])
    delete_locked_polls([poll], actor)
    record_poll(poll, "poll.deleted", actor=actor, before={"state": str(poll.state)})
