"""What a voter's page shows, for the template and for the script alike."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from accounts.models import User
from apikit.actors import Actor
from apikit.wire import Id, Wire
from polls.models import Poll
from polls.selectors import snapshot_of
from polls.tally import PollResults
from polls.wire import PollHead
from votes.selectors import read_voter_status
from web.shares import results_for_page


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView(Wire):
    """Who votes, as they are told themselves; ``is_new`` for a guest made by this very request."""

    id: Id
    name: str
    is_guest: bool
    is_new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VoterState(Wire):
    """How a poll stands for one person; ``poll``, ``revision``, ``head`` as sockets tell it.

    ``votes`` are the options they have chosen, ``now`` is when that was so. A guest whose account
    has voted has voted too, but is not shown what the account chose.
    """

    now: datetime
    head: PollHead
    revision: int
    poll: PollResults
    votes: tuple[Id, ...]
    has_voted: bool
    person: PersonView | None


def read_voter_state(poll: Poll, actor: Actor, person: PersonView | None) -> VoterState:
    """The state of a poll that was found for ``actor``; at most two queries."""
    snapshot = snapshot_of(poll, actor)
    status = read_voter_status(actor, poll)
    return VoterState(
        now=timezone.now(),
        head=snapshot.head,
        revision=snapshot.revision,
        poll=results_for_page(snapshot.results),
        votes=tuple(vote.option_id for vote in status.votes),
        has_voted=status.has_voted,
        person=person,
    )


def view_person(user: User, *, is_new: bool = False) -> PersonView:
    return PersonView(id=user.id, name=user.name, is_guest=user.is_guest, is_new=is_new)
