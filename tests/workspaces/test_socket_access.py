"""What each role may do over sockets and Socket.IO, by the table of ``access_tables``.

REST is in ``test_access.py`` and ``test_poll_access.py``, pages are in
``tests/web/test_team_access.py``. A suspended person has no socket:
``tests/realtime/test_who_connects.py``.
"""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest

from accounts.models import User
from chat.project_rooms import open_project_room
from polls.models import ResultsVisibility
from realtime.database import in_database
from tests.chat.conftest import enter  # noqa: F401 - a fixture
from tests.chat.lobby_clients import Enter
from tests.conftest import access_token, actor_of
from tests.realtime.conftest import Connect, connect, hub  # noqa: F401 - fixtures
from tests.workspaces.access_tables import BY_ACTION, WORDS
from tests.workspaces.polls import make_team_poll
from tests.workspaces.teams import Team, found_project, open_workspace
from workspaces.permissions import Action

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

# Sends a command; returns the body of its reply or error.
Ask = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]

PEOPLE = ("owner", "collaborator", "viewer", "removed", "other", "guest", "visitor", "staff")
CODES = {
    **{code: word for (_, code), word in WORDS.items()},
    "poll.not_found": "missing",
    "project.not_joined": "not-joined",
    "room.not_found": "missing",
}
# The words of a command that differ from those of the table, which are REST's of a project.
OF_JOINED = {"missing": "not-joined", "no-guests": "not-joined", "sign-in": "not-joined"}
OF_ROOMS_AND_POLLS = {"no-guests": "missing", "sign-in": "missing"}
OF_RESULTS = dict.fromkeys(("not-allowed", "missing", "no-guests", "sign-in"), "blind")


class Step(NamedTuple):
    """A command, the action that it needs, and the words that differ."""

    command: str
    action: Action
    words: dict[str, str] = {}
    fields: dict[str, Any] = {}


# In this order: some need the project to be joined.
STEPS = [
    Step("join-project", Action.JOIN_LIVE),
    Step("set-location", Action.VIEW_PROJECT, OF_JOINED, {"doing": "views"}),
    Step("set-location", Action.EDIT_POLLS, OF_JOINED, {"doing": "edits"}),
    Step("set-location", Action.PRESENT_POLLS, OF_JOINED, {"doing": "presents"}),
    Step("join-room", Action.USE_ROOM, OF_ROOMS_AND_POLLS),
    Step("send-message", Action.USE_ROOM, {"no-guests": "missing"}, {"body": "Hello!"}),
    Step("mark-read", Action.USE_ROOM, {"no-guests": "missing"}, {"seq": 0}),
    Step("join-poll", Action.VIEW_POLLS, OF_ROOMS_AND_POLLS, {"poll": "draft"}),
    Step("join-poll", Action.VIEW_TEAM_RESULTS, OF_RESULTS, {"poll": "team-results"}),
    Step("join-poll", Action.VIEW_ALL_RESULTS, OF_RESULTS, {"poll": "later-results"}),
]


class Place(NamedTuple):
    """The ids of a project, its room, and its polls by name."""

    project: UUID
    room: UUID
    polls: dict[str, UUID]


POLLS: dict[str, dict[str, Any]] = {
    "draft": {"is_published": False},
    "team-results": {"results_visibility": ResultsVisibility.OWNER},
    "later-results": {"results_visibility": ResultsVisibility.AFTER_CLOSE},
}
NOWHERE = Place(uuid4(), uuid4(), dict.fromkeys(POLLS, uuid4()))


@pytest.fixture
def place(team: Team) -> Place:
    project = found_project(team)
    workspace = open_workspace(project)
    return Place(
        project.id,
        open_project_room(actor=actor_of(team.viewer), project_id=project.id).id,
        {name: make_team_poll(team.owner, workspace, **each).id for name, each in POLLS.items()},
    )


async def send(ask: Ask, step: Step, place: Place) -> dict[str, Any]:
    fields = dict(step.fields)
    if step.command == "join-poll":
        fields = {"pollId": str(place.polls[fields["poll"]])}
    elif step.command in {"join-project", "set-location"}:
        fields["projectId"] = str(place.project)
    else:
        fields["roomId"] = str(place.room)
    return await ask(step.command, fields)


def word_of(step: Step, answer: dict[str, Any]) -> str:
    if "code" in answer:
        code: str = answer["code"]
        return CODES.get(code, code)
    is_about_results = step.words is OF_RESULTS
    return "blind" if is_about_results and answer["poll"]["totalVotes"] is None else "ok"


async def outcomes_of(ask: Ask, place: Place) -> list[tuple[str, Action, str]]:
    return [
        (step.command, step.action, word_of(step, await send(ask, step, place))) for step in STEPS
    ]


def expected(person: str) -> list[tuple[str, Action, str]]:
    words = [(step, BY_ACTION[step.action][person]) for step in STEPS]
    return [
        (step.command, step.action, "ok" if word == "ok" else step.words.get(word, word))
        for step, word in words
    ]


async def asking(user: User | None, transport: str, connect: Connect, enter: Enter) -> Ask:  # noqa: F811
    if transport == "native":
        socket = await connect(user)

        async def call(command: str, fields: dict[str, Any]) -> dict[str, Any]:
            answer = await socket.call(command, **fields)
            del answer["ref"]
            return answer

        return call
    token = None if user is None else await in_database(access_token, user)
    client = await enter(token=token)

    async def ask(command: str, fields: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = await client.ask(command, fields)
        return answer

    return ask


@pytest.mark.parametrize("transport", ["native", "Socket.IO"])
async def test_access_over_sockets_is_as_in_the_table(
    team: Team,
    place: Place,
    connect: Connect,  # noqa: F811
    enter: Enter,  # noqa: F811
    transport: str,
) -> None:
    for person in PEOPLE:
        ask = await asking(team.people[person], transport, connect, enter)
        assert (person, await outcomes_of(ask, place)) == (person, expected(person))


@pytest.mark.parametrize("transport", ["native", "Socket.IO"])
async def test_what_is_not_shown_looks_missing(
    team: Team,
    place: Place,
    connect: Connect,  # noqa: F811
    enter: Enter,  # noqa: F811
    transport: str,
) -> None:
    for person in ("removed", "other", "guest", "visitor"):
        ask = await asking(team.people[person], transport, connect, enter)
        for step in STEPS:
            if step.words is not OF_RESULTS:
                unseen, missing = await send(ask, step, place), await send(ask, step, NOWHERE)
                assert "code" in unseen, (person, step)
                assert unseen == missing, (person, step)
