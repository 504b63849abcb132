"""What each role may do with the polls of its team, over REST, is as in the tables."""

from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from polls.models import Option, ParticipantOptions, Poll, ResultsVisibility
from polls.services import close_poll, hide_poll
from tests.conftest import ClientFor, actor_of, option_ids
from tests.site.access_tables import ON_POLLS, WORDS
from tests.tables import read_table
from tests.workspaces.poll_tables import ON_TEAM_POLLS
from tests.workspaces.polls import make_team_poll
from tests.workspaces.teams import Team, found_project, open_workspace
from workspaces.models import Workspace

# The writer of votes sees only what is committed.
pytestmark = pytest.mark.django_db(transaction=True)

VISIBILITY = {
    "team-results": ResultsVisibility.OWNER,
    "later-results": ResultsVisibility.AFTER_CLOSE,
}


def test_the_tables_have_every_endpoint_about_polls() -> None:
    named = {" ".join(endpoint.split()[:2]) for endpoint in ON_TEAM_POLLS}
    assert {name.partition("?")[0] for name in named} == set(ON_POLLS)


@pytest.fixture
def workspaces(team: Team) -> tuple[Workspace, Workspace]:
    project = found_project(team)
    return open_workspace(project, "Evenings"), open_workspace(project, "Mornings")


@pytest.fixture
def people(
    team: Team, workspaces: tuple[Workspace, Workspace], client_for: ClientFor
) -> dict[str, APIClient]:
    clients = {name: client_for(user) for name, user in team.people.items()}
    User.objects.filter(id=team.suspended.id).update(is_active=False)
    return clients


def prepare(kind: str, team: Team, workspace: Workspace) -> Poll:
    """A poll of the kind that the tables name; ``removed`` created it."""
    poll = make_team_poll(
        team.owner,
        workspace,
        is_published=kind != "draft",
        results_visibility=VISIBILITY.get(kind, ResultsVisibility.ALWAYS),
        allow_change=True,
        participant_options=ParticipantOptions.OPEN,
    )
    # One that a participant has added.
    Option.objects.filter(poll=poll, position=1).update(added_at=poll.created_at)
    Poll.objects.filter(id=poll.id).update(creator=team.removed)
    if kind == "closed":
        close_poll(actor=actor_of(team.owner), poll_id=poll.id)
    if kind == "hidden-poll":
        hide_poll(actor=actor_of(team.staff), poll_id=poll.id, reason="spam")
    return poll


def call(client: APIClient, endpoint: str, poll: Poll, other: Workspace) -> Any:
    """Makes the request of an endpoint about ``poll``; ``other`` is where it can move."""
    method, path, *variant = endpoint.split(maxsplit=2)
    ids = {
        "poll_id": poll.id,
        "code": poll.join_code,
        "workspace_id": poll.workspace_id,
        "project_id": poll.project_id,
    }
    body: dict[str, Any] | None = None
    if method in {"PUT", "PATCH"} and path.endswith("{poll_id}"):
        bodies = {"to another workspace": str(other.id), "out of the project": None}
        body = {"workspaceId": bodies[variant[0]]} if variant else {"question": "Milk or sugar?"}
    if method == "POST":
        body = {"pollOptionId": str([*option_ids(poll), uuid4()][0])}
    if path.endswith("/options"):
        body = {"text": f"Option {uuid4()}"}
    if method == "POST" and path.endswith("/decisions"):
        body = {"action": "remove", "optionId": str([*option_ids(poll), *[uuid4()] * 3][1])}
    return getattr(client, method.lower())(path.format(**ids), body)


def outcome_of(answer: Any) -> str:
    """The word of the tables for an answer."""
    is_refusal = answer.status_code >= 400
    code = answer.json()["code"] if is_refusal else None
    if code == "project.not_allowed":
        return "not-allowed"
    word = WORDS.get((answer.status_code, code), f"{answer.status_code} {code}")
    if word != "ok" or not answer["Content-Type"].startswith("application/json"):
        return word
    body = answer.json()
    if body.get("polls") == []:
        return "without"
    shown = body["polls"][0] if "polls" in body else body.get("poll", {})
    return "blind" if shown.get("totalVotes", 0) is None else "ok"


@pytest.mark.parametrize("endpoint", ON_TEAM_POLLS)
def test_access_is_as_in_the_tables(
    team: Team,
    workspaces: tuple[Workspace, Workspace],
    people: dict[str, APIClient],
    endpoint: str,
) -> None:
    expected = read_table(ON_TEAM_POLLS[endpoint])
    outcomes: dict[str, dict[str, str]] = {kind: {} for kind in expected}
    here, there = workspaces
    for kind in expected:
        poll = None
        for name, client in people.items():
            poll = poll or prepare(kind, team, here)
            answer = call(client, endpoint, poll, there)
            outcomes[kind][name] = outcome_of(answer)
            if answer.status_code < 300 and not endpoint.startswith("GET"):
                poll = None  # It is another one by now.
        Poll.objects.all().delete()
    assert outcomes == expected


def test_only_members_and_staff_see_the_workspace_of_a_poll(
    team: Team, workspaces: tuple[Workspace, Workspace], people: dict[str, APIClient]
) -> None:
    poll = prepare("open", team, workspaces[0])
    see = {
        name
        for name, client in people.items()
        if name != "suspended"
        and client.get(f"/api/polls/{poll.id}").json()["poll"]["workspaceId"] is not None
    }
    assert see == {"owner", "collaborator", "viewer", "staff"}
