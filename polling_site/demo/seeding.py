"""Creates demo data in an empty database."""

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import User
from accounts.services import create_guest, register_user
from apikit.actors import Actor
from polling_site.demo import credentials
from polling_site.demo.kinds import Invent, create_polls_of_kinds
from polling_site.demo.team import create_team
from polls.kinds.base import SentAnswer
from polls.kinds.registry import CHOICES
from polls.models import Poll, PollKind, ResultsVisibility
from polls.services import close_poll, create_poll
from votes.ballots import Ballot
from votes.ledger import record

STAFF_EMAIL = "staff@tallyroom.example"
PRESENTER_EMAIL = "ada@tallyroom.example"
COLLABORATOR_EMAIL = "ben@tallyroom.example"
VIEWER_EMAIL = "vera@tallyroom.example"
VOTERS = 24
VOTERS_AT_ONCE = 2
VOTING = timedelta(minutes=4)


@dataclass(frozen=True, slots=True)
class DemoAccounts:
    """Passwords of the demo accounts; new ones for each database."""

    staff_password: str
    presenter_password: str
    collaborator_password: str
    viewer_password: str

    def as_text(self) -> str:
        return (
            f"Staff         {STAFF_EMAIL}  {self.staff_password}\n"
            f"Presenter     {PRESENTER_EMAIL}  {self.presenter_password}\n"
            f"Collaborator  {COLLABORATOR_EMAIL}  {self.collaborator_password}\n"
            f"Viewer        {VIEWER_EMAIL}  {self.viewer_password}\n"
        )


def is_empty() -> bool:
    """Whether the database has no users."""
    return not User.objects.exists()


def seed() -> DemoAccounts:
    """Creates four accounts, some guests, polls of one person and of a team, and their votes."""
    accounts = DemoAccounts(*(secrets.token_urlsafe(9) for _ in fields(DemoAccounts)))
    # First, so that no account exists without its password saved.
    credentials.save(accounts.as_text())
    User.objects.create_superuser(STAFF_EMAIL, "Sam Staff", accounts.staff_password)
    ada = register_user(
        name="Ada Presenter", email=PRESENTER_EMAIL, password=accounts.presenter_password
    )
    ben = register_user(
        name="Ben Brown", email=COLLABORATOR_EMAIL, password=accounts.collaborator_password
    )
    vera = register_user(name="Vera Novak", email=VIEWER_EMAIL, password=accounts.viewer_password)
    voters = [create_guest(name=f"Guest {number}") for number in range(1, VOTERS + 1)]
    team_polls = create_team(ada, ben, vera)
    for poll, invent in create_polls_of_kinds(Actor(ada.id), voters):
        _vote(poll, voters, invent)
    # Last, so that the newest poll is a simple one.
    for poll, is_closed in [*team_polls, *_create_polls(Actor(ada.id))]:
        _vote(poll, voters, _choose)
        if is_closed:
            close_poll(actor=Actor(ada.id), poll_id=poll.id)
    return accounts


def _create_polls(actor: Actor) -> list[tuple[Poll, bool]]:
    in_a_week = timezone.now() + timedelta(days=7)
    lunch = create_poll(
        actor=actor,
        question="Where shall we have lunch?",
        options=["The noodle bar", "The canteen", "Sandwiches in the park", "I brought my own"],
        allow_change=True,
        is_published=True,
    )
    topics = create_poll(
        actor=actor,
        question="What should the next meeting be about?",
        options=["Accessibility", "Testing", "Security", "Performance", "Open questions"],
        kind=PollKind.MULTIPLE,
        max_choices=3,
        closes_at=in_a_week,
        is_published=True,
    )
    pace = create_poll(
        actor=actor,
        question="How was the pace today?",
        options=["Too slow", "Just right", "Too fast"],
        results_visibility=ResultsVisibility.AFTER_VOTE,
        is_published=True,
    )
    name = create_poll(
        actor=actor,
        question="Tabs or spaces?",
        options=["Tabs", "Spaces", "Whatever the formatter does"],
        results_visibility=ResultsVisibility.AFTER_CLOSE,
        is_published=True,
    )
    return [(lunch, False), (topics, False), (pace, False), (name, True)]


def _vote(poll: Poll, voters: list[User], invent: Invent) -> None:
    """Casts votes of the last minutes: most voters early, some late."""
    # Seeded, so that every demo has the same votes.
    chance = random.Random(poll.question)  # noqa: S311
    began_at = timezone.now() - VOTING
    Poll.objects.filter(id=poll.id).update(created_at=began_at, updated_at=began_at)
    poll = Poll.objects.prefetch_related("options").get(id=poll.id)
    for first in range(0, VOTERS, VOTERS_AT_ONCE):
        ballots = [
            _ballot(poll, voter, invent(poll, chance))
            for voter in voters[first : first + VOTERS_AT_ONCE]
        ]
        record(ballots, at=_moment(began_at, (first + chance.random()) / VOTERS))


def _choose(poll: Poll, chance: random.Random) -> list[SentAnswer]:
    option_ids = [option.id for option in poll.options.all()]
    choices = chance.sample(option_ids, chance.randint(1, poll.max_choices))
    return [SentAnswer(option_id=option_id) for option_id in choices]


def _ballot(poll: Poll, voter: User, answers: Sequence[SentAnswer]) -> Ballot:
    """A ballot as ``votes.services`` builds it: of choices, it has the options only."""
    if poll.kind not in CHOICES:
        return Ballot(poll_id=poll.id, voter_id=voter.id, option_ids=(), answers=tuple(answers))
    option_ids = tuple(each.option_id for each in answers if each.option_id)
    return Ballot(poll_id=poll.id, voter_id=voter.id, option_ids=option_ids)


def _moment(began_at: datetime, share: float) -> datetime:
    """The time when this share of voters had voted."""
    return began_at + VOTING * share**2
