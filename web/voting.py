"""What a voter's page shows, for the template and for the script alike."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.utils import timezone

from accounts.models import User
from apikit.actors import Actor
from apikit.wire import Id, Wire
from polls.lifecycle import has_opened, state_at
from polls.models import Poll, PollState
from polls.selectors import snapshot_of
from polls.tally import PollResults
from polls.wire import PollHead
from votes.selectors import own_option_ids

Phase = Literal["draft", "hidden", "waiting", "open", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView(Wire):
    """Who votes, as they are told themselves."""

    id: Id
    name: str
    is_guest: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VoterState(Wire):
    """How a poll stands for one person; ``poll``, ``revision``, ``head`` as sockets tell it.

    ``votes`` are the options they have chosen, ``now`` is when that was so.
    """

    now: datetime
    head: PollHead
    revision: int
    poll: PollResults
    votes: tuple[Id, ...]
    person: PersonView | None


def read_voter_state(poll: Poll, actor: Actor, person: PersonView | None) -> VoterState:
    """The state of a poll that was found for ``actor``; at most two queries."""
    snapshot = snapshot_of(poll, actor)
    return VoterState(
        now=timezone.now(),
        head=snapshot.head,
        revision=snapshot.revision,
        poll=snapshot.results,
        votes=own_option_ids(actor, poll),
        person=person,
    )


def view_person(user: User) -> PersonView:
    return PersonView(id=user.id, name=user.name, is_guest=user.is_guest)


def phase_of(poll: Poll, now: datetime) -> Phase:
    """Where a poll is between draft and closed, as far as it matters to who would vote."""
    if poll.hidden_at is not None:
        return "hidden"
    match state_at(poll, now):
        case PollState.DRAFT:
            return "draft"
        case PollState.CLOSED:
            return "closed"
        case _:
            return "open" if has_opened(poll, now) else "waiting"
