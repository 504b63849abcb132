"""The state of a voter's page, for its template and its script."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from accounts.models import User
from apikit.actors import Actor
from apikit.wire import Id, Wire
from polls.host_wire import SuggestionView
from polls.kinds.base import SentAnswer
from polls.models import Poll
from polls.snapshots import snapshot_of
from polls.tally import PollResults
from polls.wire import PollHead
from votes.selectors import read_voter_status
from web.option_forms import read_own_suggestions
from web.shares import results_for_page


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView(Wire):
    """The person who votes; ``is_new`` if this request created the guest."""

    id: Id
    name: str
    is_guest: bool
    is_new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VoterState(Wire):
    """A poll as one person sees it; ``poll``, ``revision`` and ``head`` as in socket frames.

    ``votes`` are the ids of the options of this person's ballot, ``answers`` the whole ballot as it
    is sent, and ``now`` is the time of the read. A guest whose account has voted counts as having
    voted, but does not see what the account chose. ``suggestions`` are options that this person has
    suggested and that wait for a host.
    """

    now: datetime
    head: PollHead
    revision: int
    poll: PollResults
    votes: tuple[Id, ...]
    answers: tuple[SentAnswer, ...]
    has_voted: bool
    suggestions: tuple[SuggestionView, ...]
    person: PersonView | None


def read_voter_state(poll: Poll, actor: Actor, person: PersonView | None) -> VoterState:
    """Reads the state of a poll that ``actor`` may see, in at most two queries.

    Two more where hosts approve options.
    """
    snapshot = snapshot_of(poll, actor)
    status = read_voter_status(actor, poll)
    votes = tuple(vote.option_id for vote in status.votes if vote.option_id is not None)
    answers = status.answers
    if answers is None:
        answers = tuple(SentAnswer(option_id=option_id) for option_id in votes)
    return VoterState(
        now=timezone.now(),
        head=snapshot.head,
        revision=snapshot.revision,
        poll=results_for_page(snapshot.results),
        votes=votes,
        answers=answers,
        has_voted=status.has_voted,
        suggestions=read_own_suggestions(poll, actor),
        person=person,
    )


def view_person(user: User, *, is_new: bool = False) -> PersonView:
    return PersonView(id=user.id, name=user.name, is_guest=user.is_guest, is_new=is_new)
