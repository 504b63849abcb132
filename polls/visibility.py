"""Who may see a poll and its tally.

Rules on loaded rows; the selectors have the same rules as query conditions.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from apikit.actors import Actor
from apikit.registries import Provider
from polls.lifecycle import state_at
from polls.models import Poll, PollState, ResultsVisibility

Ballots = set[tuple[UUID, UUID]]


def _no_ballots(poll_ids: Collection[UUID], user_ids: Collection[UUID]) -> Ballots:
    return set()


# Returns (poll_id, user_id) pairs of those who voted; implemented by the votes app above.
ballot_lookup = Provider(_no_ballots)


def is_owner(poll: Poll, actor: Actor) -> bool:
    """Return whether ``actor`` created the poll or is staff."""
    return actor.is_staff or (actor.id is not None and actor.id == poll.creator_id)


def is_changeable(poll: Poll, actor: Actor) -> bool:
    """Return whether ``actor`` may change the poll; only staff may change a hidden one."""
    return is_owner(poll, actor) and (poll.hidden_at is None or actor.is_staff)


def is_visible(poll: Poll, actor: Actor) -> bool:
    """Return whether ``actor`` may see the poll; drafts and hidden polls only as its owner."""
    return is_owner(poll, actor) or (poll.is_published and poll.hidden_at is None)


def shows_results(poll: Poll, actor: Actor, *, has_voted: bool, now: datetime) -> bool:
    """Return whether ``actor`` may see the tally at ``now``.

    With ``after_vote``, everyone may see it once the poll is closed and nobody can vote any more.
    """
    if is_owner(poll, actor):
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
            return False


def polls_showing_results(polls: Collection[Poll], actor: Actor, now: datetime) -> set[UUID]:
    """Return the ids of those ``polls`` whose tally ``actor`` may see; at most one query."""
    shown = {each.id for each in polls if shows_results(each, actor, has_voted=False, now=now)}
    return shown | {
        poll_id for poll_id, _ in _relevant_ballots(polls, [actor], now) if poll_id not in shown
    }


def actors_seeing_results(poll: Poll, actors: Collection[Actor], now: datetime) -> set[Actor]:
    """Return those ``actors`` who may see the tally of ``poll``; at most one query."""
    voters = {user_id for _, user_id in _relevant_ballots([poll], actors, now)}
    return {
        each for each in actors if shows_results(poll, each, has_voted=each.id in voters, now=now)
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
