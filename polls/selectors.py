"""Reading polls, and deciding in the same step who may."""

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

# At one of which a poll has to be for a change; None for any.
Revisions = Collection[int] | None

PUBLISHED_STATES = (PollState.OPEN, PollState.CLOSED)


@dataclass(frozen=True, slots=True)
class PollFilter:
    """What a list of polls may be narrowed to; None leaves it open."""

    published: bool | None = None
    creator_id: UUID | None = None
    state: PollState | None = None
    search: str = ""


@dataclass(frozen=True, slots=True)
class PollSnapshot:
    """A poll as it stands for somebody about to watch it, or to look at its page."""

    head: PollHead
    revision: int
    tally: Tally
    version: int
    shows_results: bool

    @property
    def results(self) -> PollResults:
        """The tally as that somebody may see it."""
        if self.shows_results:
            return results_of(self.tally, self.version)
        return hidden_results(self.tally)


def whole_polls() -> QuerySet[Poll]:
    """Polls with their creators and options: two queries, however many."""
    polls = Poll.objects.defer("searchable_question").select_related("creator")
    return polls.prefetch_related(Prefetch("options", Option.objects.order_by("position")))


def matching_polls(text: str, prefix: str = "") -> Q:
    """Polls whose question or join code contains ``text``; ``prefix`` leads to the poll."""
    matches = found_by(text, f"{prefix}searchable_question")
    code = read_join_code(text)
    return matches | Q(**{f"{prefix}join_code__contains": code}) if code else matches


def get_poll_for(actor: Actor, poll_id: UUID) -> Poll:
    """A poll ``actor`` may see, with creator and options; two queries.

    :raises PollNotFoundError: for one they may not see as for one that isn't there.
    """
    return _visible_or_missing(whole_polls().filter(id=poll_id).first(), actor)


def read_poll_for(actor: Actor, poll_id: UUID) -> Poll:
    """A poll to show by its id: as :func:`get_poll_for`, and with ``FEATURE_PUBLIC_DRAFTS`` also
    a draft of somebody else's, unless a moderator has hidden it.

    :raises PollNotFoundError: as in :func:`get_poll_for`.
    """
    poll = whole_polls().filter(id=poll_id).first()
    if poll is not None and settings.FEATURE_PUBLIC_DRAFTS:
        is_open_draft = poll.state == PollState.DRAFT and poll.hidden_at is None
        if is_open_draft:
            return poll
    return _visible_or_missing(poll, actor)


def get_poll_by_code_for(actor: Actor, code: str) -> Poll:
    """The living poll with this join code, or else the one that had it last.

    Only those ``actor`` may see count: it must not show that a draft has a code.

    :raises PollNotFoundError: as in :func:`get_poll_for`.
    """
    polls = whole_polls().filter(visible_to(actor), join_code=read_join_code(code))
    living = polls.exclude(state=PollState.CLOSED).first()
    return _visible_or_missing(living or polls.order_by("-closed_at").first(), actor)


def get_managed_poll_for(actor: Actor, poll_id: UUID) -> Poll:
    """A poll ``actor`` may run, its creator or staff, with creator and options; two queries.

    :raises AuthenticationRequiredError, GuestRefusedError: for who has no account.
    :raises PollNotFoundError: for somebody else's as for one that isn't there.
    """
    actor.account_id()
    poll = get_poll_for(actor, poll_id)
    if not is_owner(poll, actor):
        raise PollNotFoundError
    return poll


def lock_poll_for_change(actor: Actor, poll_id: UUID, expected_revisions: Revisions = None) -> Poll:
    """The poll, locked until the end of the transaction, if ``actor`` may change it.

    :raises PollNotFoundError: as in :func:`get_poll_for`.
    :raises NotPollOwnerError: when it is somebody else's.
    :raises PollHiddenError: when it is one's own and a moderator has hidden it.
    :raises PreconditionFailedError: when it is at none of ``expected_revisions``.
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
    """What ``actor`` may see of what is asked for, newest first.

    Without ``published``: what is published, and one's own drafts too where one asks for one's
    own polls or for drafts.

    :raises AuthenticationRequiredError: when a visitor asks for their own drafts.
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
    """How many polls of one's own there are in each state; one query."""
    now = timezone.now()
    polls = Poll.objects.filter(creator_id=actor.account_id())
    if search:
        polls = polls.filter(found_by(search, "searchable_question"))
    counts = polls.aggregate(
        **{state.value: Count("id", filter=in_state(state, now)) for state in PollState}
    )
    return {state: counts[state.value] for state in PollState}


def get_next_poll_for(actor: Actor, poll_id: UUID) -> Poll | None:
    """The poll to present after this one, or None: its creator's next one that is not closed.

    In the order in which they were made; what ``actor`` may not see, and what a moderator has
    hidden, is passed over. Four queries.

    :raises PollNotFoundError: as in :func:`get_poll_for`.
    """
    poll = get_poll_for(actor, poll_id)
    later = whole_polls().filter(
        visible_to(actor), creator_id=poll.creator_id, hidden_at=None, id__gt=poll.id
    )
    return later.exclude(in_state(PollState.CLOSED, timezone.now())).order_by("id").first()


def visible_to(actor: Actor, prefix: str = "") -> Q:
    """``visibility.is_visible`` as a condition for a query; ``prefix`` leads to the poll."""
    if actor.is_staff:
        return Q()
    public = Q(**{f"{prefix}state__in": PUBLISHED_STATES, f"{prefix}hidden_at": None})
    return public if actor.id is None else public | Q(**{f"{prefix}creator_id": actor.id})


def in_state(state: PollState, now: datetime) -> Q:
    """What ``lifecycle.state_at`` says of a poll, as a condition for a query."""
    is_past = Q(state=PollState.OPEN, closes_at__isnull=False, closes_at__lte=now)
    match state:
        case PollState.OPEN:
            return Q(state=PollState.OPEN) & ~is_past
        case PollState.CLOSED:
            return Q(state=PollState.CLOSED) | is_past
        case _:
            return Q(state=state)


def view_polls(polls: Collection[Poll], actor: Actor) -> list[PollView]:
    """Polls read with :func:`whole_polls` as ``actor`` sees them; at most one query more."""
    now = timezone.now()
    showing = polls_showing_results(polls, actor, now)
    return [view_poll(poll, shows_results=poll.id in showing, now=now) for poll in polls]


def get_snapshots_for(actors: Collection[Actor], poll_id: UUID) -> dict[Actor, PollSnapshot]:
    """A poll as it stands, for those of ``actors`` who may see it; three queries at most."""
    poll = whole_polls().filter(id=poll_id).first()
    if poll is None:
        return {}
    return _snapshots_of(poll, [actor for actor in actors if is_visible(poll, actor)])


def snapshot_of(poll: Poll, actor: Actor) -> PollSnapshot:
    """The same for a poll that was found for ``actor`` already; at most one query."""
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
    """A poll whose tally ``actor`` may see, with creator and options; three queries at most.

    :raises PollNotFoundError: as in :func:`get_poll_for`.
    :raises ResultsHiddenError: where ``actor`` may see the poll and not its tally.
    """
    poll = get_poll_for(actor, poll_id)
    if not polls_showing_results([poll], actor, timezone.now()):
        raise ResultsHiddenError
    return poll


def get_results_for(actor: Actor, poll_id: UUID) -> PollResults:
    """The tally of a poll.

    :raises PollNotFoundError, ResultsHiddenError: as in :func:`get_tallied_poll_for`.
    """
    poll = get_tallied_poll_for(actor, poll_id)
    return results_of(count_tally(poll, poll.options.all()), poll.version)


def count_polls_of(user_id: UUID) -> int:
    """How many polls a person has created, drafts among them."""
    return Poll.objects.filter(creator_id=user_id).count()


def polls_per_user() -> Combinable:
    """:func:`count_polls_of` within a query over users."""
    polls = Poll.objects.filter(creator=OuterRef("pk")).order_by().values("creator")
    return Coalesce(Subquery(polls.annotate(count=Count("pk")).values("count")), 0)


def _visible_or_missing(poll: Poll | None, actor: Actor) -> Poll:
    if poll is None or not is_visible(poll, actor):
        raise PollNotFoundError
    return poll


def _asks_for_drafts(actor: Actor, narrow: PollFilter) -> bool:
    asks_for_own = actor.id is not None and narrow.creator_id == actor.id
    return asks_for_own or narrow.state == PollState.DRAFT
