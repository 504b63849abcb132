"""Who may see and change a poll, and who may see its tally.

Rules on loaded rows; the selectors have the same rules as query conditions. What a role may do is
in ``workspaces.permissions``.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from apikit.actors import Actor
from apikit.registries import Provider
from polls.lifecycle import state_at
from polls.models import Poll, PollState, ResultsVisibility
from workspaces.permissions import Action, Role, allows
from workspaces.selectors import Roles, read_roles

Ballots = set[tuple[UUID, UUID]]


def _no_ballots(poll_ids: Collection[UUID], user_ids: Collection[UUID]) -> Ballots:
    return set()


# Returns (poll_id, user_id) pairs of those who voted; implemented by the votes app above.
ballot_lookup = Provider(_no_ballots)


def may(poll: Poll, actor: Actor, role: Role | None, action: Action) -> bool:
    """Return whether ``actor`` may do ``action`` with the poll. Staff may do everything.

    ``role`` is the actor's in the poll's project. Only the role decides about a poll of a team, and
    only who created it about any other.
    """
    if poll.project_id is not None:
        return allows(role, action, is_staff=actor.is_staff)
    return actor.is_staff or (actor.id is not None and actor.id == poll.creator_id)


def is_public(poll: Poll) -> bool:
    """Return whether everybody may see the poll."""
    return poll.is_published and poll.hidden_at is None


def is_visible(poll: Poll, actor: Actor, role: Role | None) -> bool:
    """Return whether ``actor`` may see the poll; others see no drafts and no hidden polls."""
    return is_public(poll) or may(poll, actor, role, Action.VIEW_POLLS)


def is_changeable(poll: Poll, actor: Actor, role: Role | None) -> bool:
    """Return whether ``actor`` may change the poll; only staff may change a hidden one."""
    is_free = poll.hidden_at is None or actor.is_staff
    return is_free and may(poll, actor, role, Action.EDIT_POLLS)


def shows_results(
    poll: Poll, actor: Actor, role: Role | None, *, has_voted: bool, now: datetime
) -> bool:
    """Return whether ``actor`` may see the tally at ``now``.

    With ``after_vote``, everyone may see it once the poll is closed and nobody can vote any more.
    With ``owner``, in a project all its members.
    """
    if may(poll, actor, role, Action.VIEW_ALL_RESULTS):
        return True
    is_closed = state_at(poll, now) == PollState.CLOSED
    match poll.results_visibility:
        case ResultsVisibility.ALWAYS:
            return True
        case ResultsVisibility.AFTER_VOTE:
            return has_voted or is_closed
        case ResultsVisibility.AFTER_CLOSE:
            return is_closed
        case _:
            return may(poll, actor, role, Action.VIEW_TEAM_RESULTS)


def poll_roles(polls: Collection[Poll], actors: Collection[Actor]) -> Roles:
    """Return the roles of ``actors`` in the projects of ``polls``.

    One query; none without a poll of a team or without accounts.
    """
    project_ids = {poll.project_id for poll in polls if poll.project_id is not None}
    if not project_ids:
        return {}
    user_ids = {each.id for each in actors if each.id is not None and not each.is_guest}
    return read_roles(project_ids, user_ids)


def role_in(roles: Roles, poll: Poll, actor: Actor) -> Role | None:
    """Return the role of ``actor`` in the project of ``poll``, from :func:`poll_roles`."""
    if poll.project_id is None or actor.id is None:
        return None
    return roles.get((poll.project_id, actor.id))


def polls_showing_results(
    polls: Collection[Poll], actor: Actor, roles: Roles, now: datetime
) -> set[UUID]:
    """Return the ids of those ``polls`` whose tally ``actor`` may see; at most one query."""
    shown = {
        each.id
        for each in polls
        if shows_results(each, actor, role_in(roles, each, actor), has_voted=False, now=now)
    }
    return shown | {
        poll_id for poll_id, _ in _relevant_ballots(polls, [actor], now) if poll_id not in shown
    }


def actors_seeing_results(
    poll: Poll, actors: Collection[Actor], roles: Roles, now: datetime
) -> set[Actor]:
    """Return those ``actors`` who may see the tally of ``poll``; at most one query."""
    voters = {user_id for _, user_id in _relevant_ballots([poll], actors, now)}
    return {
        each
        for each in actors
        if shows_results(
            poll, each, role_in(roles, poll, each), has_voted=each.id in voters, now=now
        )
    }


def _relevant_ballots(polls: Collection[Poll], actors: Collection[Actor], now: datetime) -> Ballots:
    """Look up who has voted, in those polls that show results only to voters."""
    user_ids = {actor.id for actor in actors if actor.id is not None}
    poll_ids = {
        poll.id
        for poll in polls
        if poll.results_visibility == ResultsVisibility.AFTER_VOTE
        and state_at(poll, now) != PollState.CLOSED
    }
    return ballot_lookup(poll_ids, user_ids) if poll_ids and user_ids else set()
