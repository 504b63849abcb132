"""Reads of votes: a person's own, and who has voted."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Trunc

from accounts.models import EarlierAccount, User
from apikit.actors import Actor
from polls.cells import kind_of
from polls.kinds.base import Answer, SentAnswer
from polls.models import Poll
from polls.removal import has_standing_poll
from polls.reports import Step
from polls.results import get_exportable_poll_for
from polls.selectors import get_poll_for, visible_to
from votes.models import Vote
from votes.timeline import DEFAULT_POINTS, read_timeline
from votes.wire import Timeline


@dataclass(frozen=True, slots=True)
class VoterStatus:
    """Whether a person has voted in a poll, and their votes.

    A guest that was merged into accounts has voted if one of them has, but does not see their
    choices, because somebody else may use the device by now. ``answers`` is None for choices, which
    ``votes`` describe.
    """

    has_voted: bool
    votes: tuple[Vote, ...]
    answers: tuple[SentAnswer, ...] | None = None


def get_voter_status(actor: Actor, poll_id: UUID) -> VoterStatus:
    """The votes of ``actor`` in a poll, with their options; three queries.

    :raises PollNotFoundError: if the poll is missing or hidden from ``actor``.
    """
    actor.signed_in_id()
    return read_voter_status(actor, get_poll_for(actor, poll_id))


def read_voter_status(actor: Actor, poll: Poll) -> VoterStatus:
    """The votes of ``actor`` in a poll they may see; at most one query, none for a visitor."""
    if actor.id is None:
        return VoterStatus(has_voted=False, votes=())
    is_theirs = Q(user_id=actor.id)
    if actor.is_guest:
        is_theirs |= Q(user_id=Subquery(User.objects.filter(id=actor.id).values("merged_into")))
        earlier = EarlierAccount.objects.filter(guest_id=actor.id)
        is_theirs |= Q(user_id__in=earlier.values("account_id"))
    found = Vote.objects.filter(is_theirs, poll=poll)
    votes = list(found.select_related("option").order_by("rank"))
    own = tuple(vote for vote in votes if vote.user_id == actor.id)
    return VoterStatus(has_voted=bool(votes), votes=own, answers=_answers_of(poll, own))


def _answers_of(poll: Poll, votes: Sequence[Vote]) -> tuple[SentAnswer, ...] | None:
    """The answers of a ballot as they are sent; no query, because the options are loaded."""
    kind = kind_of(poll, poll.options.all())
    if kind is None:
        return None
    return kind.show(tuple(Answer(vote.option_id, vote.value) for vote in votes))


def list_own_votes(actor: Actor) -> QuerySet[Vote]:
    """The votes of ``actor`` in polls they can still see, newest first, with options and polls."""
    return (
        Vote.objects.filter(
            visible_to(actor, "poll__"), has_standing_poll(), user_id=actor.signed_in_id()
        )
        .select_related("option", "poll")
        .order_by("-id")
    )


def get_timeline_for(actor: Actor, poll_id: UUID, points: int = DEFAULT_POINTS) -> Timeline:
    """The timeline of a poll with at most ``points`` points; at most five queries.

    :raises PollNotFoundError: if the poll is missing or hidden from ``actor``.
    :raises ResultsHiddenError: if ``actor`` may see the poll but not its results.
    """
    return read_timeline(get_exportable_poll_for(actor, poll_id), points)


def ballots_among(poll_ids: Collection[UUID], user_ids: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """The (poll, user) pairs of these polls and users where the user has voted; one query.

    A guest that was merged into accounts has voted if one of them has.
    """
    votes = Vote.objects.filter(poll_id__in=poll_ids).order_by()
    own = votes.filter(user_id__in=user_ids).values_list("poll_id", "user_id")
    accounts = votes.filter(user__guests__in=user_ids).values_list("poll_id", "user__guests")
    earlier = votes.filter(user__earlier_guests__guest__in=user_ids).values_list(
        "poll_id", "user__earlier_guests__guest"
    )
    return set(own.union(accounts, earlier))


def count_votes_of(user_id: UUID) -> int:
    """How many votes a person has cast; each chosen option counts."""
    return Vote.objects.filter(has_standing_poll(), user_id=user_id).count()


def votes_per_user() -> Combinable:
    """:func:`count_votes_of` within a query over users."""
    votes = Vote.objects.filter(has_standing_poll(), user=OuterRef("pk")).order_by().values("user")
    return Coalesce(Subquery(votes.annotate(count=Count("pk")).values("count")), 0)


def count_ballots_by_time(poll_id: UUID, step: Step) -> list[tuple[datetime, int]]:
    """The ballots of a poll by the time they were cast; one query over all of its votes."""
    rows = (
        Vote.objects.filter(poll_id=poll_id, rank=1)
        .annotate(since=Trunc("created_at", step))
        .values_list("since")
        .annotate(count=Count("pk"))
        .order_by("since")
    )
    return [(since, count) for since, count in rows]
