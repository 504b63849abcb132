"""Reads of polls, with authorisation."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.utils import timezone

from apikit.actors import Actor
from apikit.errors import PreconditionFailedError
from apikit.searching import found_by
from polls.errors import (
    NotPollOwnerError,
    PollHiddenError,
    PollNotFoundError,
    ResultsHiddenError,
)
from polls.join_codes import read_join_code
from polls.models import Option, Poll, PollState
from polls.tally import PollResults, Tally, count_tally, hidden_results, results_of
from polls.visibility import (
    actors_seeing_results,
    is_changeable,
    is_owner,
    is_visible,
    polls_showing_results,
)
from polls.wire import PollHead, PollView, head_poll, view_poll

# The revisions at which a change is allowed; None allows any.
Revisions = Collection[int] | None

PUBLISHED_STATES = (PollState.OPEN, PollState.CLOSED)


@dataclass(frozen=True, slots=True)
class PollFilter:
    """The filters of a list of polls; None does not filter."""

    published: bool | None = None
    creator_id: UUID | None = None
    state: PollState | None = None
    search: str = ""


@dataclass(frozen=True, slots=True)
class PollSnapshot:
    """The state and tally of a poll at one moment, for a client that joins or loads its page."""

    head: PollHead
    revision: int
    tally: Tally
    version: int
    shows_results: bool

    @property
    def results(self) -> PollResults:
        """The tally as the actor may see it."""
        if self.shows_results:
            return results_of(self.tally, self.version)
        return hidden_results(self.tally)


def whole_polls() -> QuerySet[Poll]:
    """Return polls with their creators and options; two queries in all."""
    polls = Poll.objects.defer("searchable_question").select_related("creator")
    return polls.prefetch_related(Prefetch("options", Option.objects.order_by("position")))


def matching_polls(text: str, prefix: str = "") -> Q:
    """Match polls whose question or join code contains ``text``; ``prefix`` leads to the poll."""
    matches = found_by(text, f"{prefix}searchable_question")
    code = read_join_code(text)
    return matches | Q(**{f"{prefix}join_code__contains": code}) if code else matches


def get_poll_for(actor: Actor, poll_id: UUID) -> Poll:
    """Return a poll that ``actor`` may see, with creator and options; two queries.

    :raises PollNotFoundError: for invisible polls as for missing ones.
    """
    return _visible_or_missing(whole_polls().filter(id=poll_id).first(), actor)


def read_poll_for(actor: Actor, poll_id: UUID) -> Poll:
    """Return a poll to show by its id.

    Like :func:`get_poll_for`, but ``FEATURE_PUBLIC_DRAFTS`` also allows drafts of others, unless
    they are hidden.

    :raises PollNotFoundError: as in :func:`get_poll_for`.
    """
    poll = whole_polls().filter(id=poll_id).first()
    if poll is not None and settings.FEATURE_PUBLIC_DRAFTS:
        is_open_draft = poll.state == PollState.DRAFT and poll.hidden_at is None
        if is_open_draft:
            return poll
    return _visible_or_missing(poll, actor)


def get_poll_by_code_for(actor: Actor, code: str) -> Poll:
    """Return the poll with this join code that is not closed, or the one closed last.

    Ignores polls that ``actor`` may not see, so that it does not reveal the codes of drafts.

    :raises PollNotFoundError: as in :func:`get_poll_for`.
    """
    polls = whole_polls().filter(visible_to(actor), join_code=read_join_code(code))
    active = polls.exclude(state=PollState.CLOSED).first()
    return _visible_or_missing(active or polls.order_by("-closed_at").first(), actor)


def get_managed_poll_for(actor: Actor, poll_id: UUID) -> Poll:
    """Return a poll that ``actor`` may manage, with creator and options; two queries.

    :raises AuthenticationRequiredError, GuestRefusedError: for visitors and guests.
    :raises PollNotFoundError: for polls of others as for missing ones.
    """
    actor.account_id()
    poll = get_poll_for(actor, poll_id)
    if not is_owner(poll, actor):
        raise PollNotFoundError
    return poll


def lock_poll_for_change(actor: Actor, poll_id: UUID, expected_revisions: Revisions = None) -> Poll:
    """Return a poll that ``actor`` may change, locked until the end of the transaction.

    :raises PollNotFoundError: as in :func:`get_poll_for`.
    :raises NotPollOwnerError: for a poll of another user.
    :raises PollHiddenError: for the actor's own poll that a moderator has hidden.
    :raises PreconditionFailedError: if its revision is not in ``expected_revisions``.
    """
    actor.account_id()
    poll = Poll.objects.select_for_update().filter(id=poll_id).first()
    poll = _visible_or_missing(poll, actor)
    if not is_owner(poll, actor):
        raise NotPollOwnerError
    if not is_changeable(poll, actor):
        raise PollHiddenError
    if expected_revisions is not None and poll.revision not in expected_revisions:
        raise PreconditionFailedError
    return poll


def list_polls_for(actor: Actor, narrow: PollFilter) -> QuerySet[Poll]:
    """Return the polls that match the filters and that ``actor`` may see, newest first.

    Without ``published``, drafts are included only if the filters ask for the actor's own polls or
    for drafts.

    :raises AuthenticationRequiredError: if a visitor asks for their own drafts.
    """
    now = timezone.now()
    polls = whole_polls().filter(visible_to(actor)).order_by("-id")
    if narrow.published is False:
        polls = polls.filter(creator_id=actor.signed_in_id(), state=PollState.DRAFT)
    elif narrow.published or not _asks_for_drafts(actor, narrow):
        polls = polls.exclude(state=PollState.DRAFT)
    if narrow.creator_id is not None:
        polls = polls.filter(creator_id=narrow.creator_id)
    if narrow.state is not None:
        polls = polls.filter(in_state(narrow.state, now))
    if narrow.search:
        polls = polls.filter(found_by(narrow.search, "searchable_question"))
    return polls


def count_own_polls(actor: Actor, search: str = "") -> dict[PollState, int]:
    """Count the actor's polls by state; one query."""
    now = timezone.now()
    polls = Poll.objects.filter(creator_id=actor.account_id())
    if search:
        polls = polls.filter(found_by(search, "searchable_question"))
    counts = polls.aggregate(
        **{state.value: Count("id", filter=in_state(state, now)) for state in PollState}
    )
    return {state: counts[state.value] for state in PollState}


def get_next_poll_for(actor: Actor, poll_id: UUID) -> Poll | None:
    """Return the poll to present next: the creator's next newer poll that is not closed, or None.

    Skips hidden polls and those that ``actor`` may not see. Four queries.

    :raises PollNotFoundError: as in :func:`get_poll_for`.
    """
    poll = get_poll_for(actor, poll_id)
    later = whole_polls().filter(
        visible_to(actor), creator_id=poll.creator_id, hidden_at=None, id__gt=poll.id
    )
    return later.exclude(in_state(PollState.CLOSED, timezone.now())).order_by("id").first()


def visible_to(actor: Actor, prefix: str = "") -> Q:
    """Return ``visibility.is_visible`` as a query condition; ``prefix`` leads to the poll."""
    if actor.is_staff:
        return Q()
    public = Q(**{f"{prefix}state__in": PUBLISHED_STATES, f"{prefix}hidden_at": None})
    return public if actor.id is None else public | Q(**{f"{prefix}creator_id": actor.id})


def in_state(state: PollState, now: datetime) -> Q:
    """Return ``lifecycle.state_at(poll, now) == state`` as a query condition."""
    is_past = Q(state=PollState.OPEN, closes_at__isnull=False, closes_at__lte=now)
    match state:
        case PollState.OPEN:
            return Q(state=PollState.OPEN) & ~is_past
        case PollState.CLOSED:
            return Q(state=PollState.CLOSED) | is_past
        case _:
            return Q(state=state)


def view_polls(polls: Collection[Poll], actor: Actor) -> list[PollView]:
    """Return polls of :func:`whole_polls` as ``actor`` sees them; at most one query."""
    now = timezone.now()
    showing = polls_showing_results(polls, actor, now)
    return [view_poll(poll, shows_results=poll.id in showing, now=now) for poll in polls]


def get_snapshots_for(actors: Collection[Actor], poll_id: UUID) -> dict[Actor, PollSnapshot]:
    """Return snapshots of a poll for those ``actors`` who may see it; at most three queries."""
    poll = whole_polls().filter(id=poll_id).first()
    if poll is None:
        return {}
    return _snapshots_of(poll, [actor for actor in actors if is_visible(poll, actor)])


def snapshot_of(poll: Poll, actor: Actor) -> PollSnapshot:
    """Return the snapshot of a poll that ``actor`` may see; at most one query."""
    return _snapshots_of(poll, [actor])[actor]


def _snapshots_of(poll: Poll, actors: Sequence[Actor]) -> dict[Actor, PollSnapshot]:
    now = timezone.now()
    seeing = actors_seeing_results(poll, actors, now)
    head, tally = head_poll(poll, now), count_tally(poll, poll.options.all())
    return {
        actor: PollSnapshot(
            head=head,
            revision=poll.revision,
            tally=tally,
            version=poll.version,
            shows_results=actor in seeing,
        )
        for actor in actors
    }


def get_tallied_poll_for(actor: Actor, poll_id: UUID) -> Poll:
    """Return a poll whose tally ``actor`` may see, with creator and options; at most three queries.

    :raises PollNotFoundError: as in :func:`get_poll_for`.
    :raises ResultsHiddenError: if ``actor`` may see the poll but not its tally.
    """
    poll = get_poll_for(actor, poll_id)
    if not polls_showing_results([poll], actor, timezone.now()):
        raise ResultsHiddenError
    return poll


def get_results_for(actor: Actor, poll_id: UUID) -> PollResults:
    """Return the results of a poll.

    :raises PollNotFoundError, ResultsHiddenError: as in :func:`get_tallied_poll_for`.
    """
    poll = get_tallied_poll_for(actor, poll_id)
    return results_of(count_tally(poll, poll.options.all()), poll.version)


def count_polls_of(user_id: UUID) -> int:
    """Count the polls of a user, including drafts."""
    return Poll.objects.filter(creator_id=user_id).count()


def polls_per_user() -> Combinable:
    """Return :func:`count_polls_of` as an expression for queries of users."""
    polls = Poll.objects.filter(creator=OuterRef("pk")).order_by().values("creator")
    return Coalesce(Subquery(polls.annotate(count=Count("pk")).values("count")), 0)


def _visible_or_missing(poll: Poll | None, actor: Actor) -> Poll:
    if poll is None or not is_visible(poll, actor):
        raise PollNotFoundError
    return poll


def _asks_for_drafts(actor: Actor, narrow: PollFilter) -> bool:
    asks_for_own = actor.id is not None and narrow.creator_id == actor.id
    return asks_for_own or narrow.state == PollState.DRAFT
