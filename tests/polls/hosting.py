"""Helpers for tests of participants' options and hosts' decisions."""

from typing import Any
from uuid import UUID

from accounts.models import User
from polls.host_decisions import decide
from polls.host_models import Suggestion
from polls.host_wire import HostChoice
from polls.kinds.base import SentAnswer
from polls.models import Option, ParticipantOptions, Poll, PollKind
from polls.results import get_results_for
from polls.selectors import whole_polls
from polls.services import create_poll
from polls.suggestions import suggest_option
from polls.tally import PollResults
from tests.conftest import actor_of
from votes.services import cast_vote

NONE, APPROVAL, OPEN = ParticipantOptions


def ask(host: User, kind: str, settings: dict[str, Any] | None = None, **fields: Any) -> Poll:
    """An open poll whose votes can be changed; choices have the options A and B."""
    is_choice = kind in {"single", "multiple"}
    poll = create_poll(
        **{
            "actor": actor_of(host),
            "question": "What do you think?",
            "options": ["A", "B"] if is_choice else [],
            "kind": PollKind(kind),
            "settings": settings or {},
            "is_published": True,
            "allow_change": True,
            **fields,
        }
    )
    return whole_polls().get(id=poll.id)


def suggest(person: User, poll: Poll, text: str) -> UUID:
    """The id of a new option or suggestion."""
    return suggest_option(actor=actor_of(person), poll_id=poll.id, text=text).id


def send(person: User, poll: Poll, *texts: str) -> None:
    """Votes with texts or words."""
    answers = [SentAnswer(text=text) for text in texts]
    cast_vote(actor=actor_of(person), poll_id=poll.id, answers=answers)


def choose(person: User, poll: Poll, *ids: UUID) -> None:
    cast_vote(actor=actor_of(person), poll_id=poll.id, option_ids=ids)


def settle(host: User, poll: Poll, action: Any, **subject: Any) -> bool:
    """Decides as a host; returns whether anything changed."""
    choice = HostChoice(action=action, **subject)
    return decide(actor=actor_of(host), poll_id=poll.id, choice=choice).changed


def results(person: User, poll: Poll) -> PollResults:
    return get_results_for(actor_of(person), poll.id)


def cards(person: User, poll: Poll) -> list[str]:
    """The texts that a person sees."""
    tally: Any = results(person, poll).tally
    return [card.text for card in tally.cards]


def words(person: User, poll: Poll) -> dict[str, int]:
    """The words that a person sees, with their counts."""
    tally: Any = results(person, poll).tally
    return {word.text: word.count for word in tally.words}


def shown(poll: Poll) -> dict[str, int]:
    """The options that people see, with their votes."""
    return dict(poll.options.order_by("position").values_list("text", "vote_count"))


def waiting(poll: Poll) -> list[str]:
    return list(Suggestion.objects.filter(poll=poll).values_list("text", flat=True))


def positions(poll: Poll) -> list[int]:
    rows = Option.with_removed.filter(poll=poll).order_by("position")
    return list(rows.values_list("position", flat=True))
