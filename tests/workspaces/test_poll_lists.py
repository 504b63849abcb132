"""Lists of a team's polls: what is in them, and what they cost with many polls."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from apikit.ids import new_id
from apikit.pagination import page_of
from polls.models import Option, Poll, PollState
from polls.selectors import PollFilter, count_polls_for, list_polls_for, view_polls
from tests.conftest import ClientFor, MakePoll, actor_of
from tests.polls.conftest import refusal_of
from tests.workspaces.polls import make_team_poll
from tests.workspaces.teams import open_workspace
from workspaces.members import remove_member
from workspaces.models import Project, Workspace
from workspaces.projects import create_project

pytestmark = pytest.mark.django_db

MANY = 500
# A small part of all polls, so that PostgreSQL prefers the indexes to reading the whole table.
SOME = 50
# Far fewer than there are, and far more than a page shows.
FEW = 150


@pytest.fixture
def polls(alice: User, bob: User, workspace: Workspace, make_poll: MakePoll) -> dict[str, Poll]:
    """In two workspaces, and one of alice's own."""
    other = open_workspace(workspace.project, "Mornings")
    return {
        "open": make_team_poll(alice, workspace, question="Open?"),
        "draft": make_team_poll(bob, workspace, question="Draft?", is_published=False),
        "other": make_team_poll(bob, other, question="Other?", is_published=False),
        "own": make_poll(question="Own?", is_published=False),
    }


def listed(client: Any, query: str) -> set[str]:
    response = client.get(f"/api/polls?{query}")
    assert response.status_code == 200, response.json()
    return {poll["question"] for poll in response.json()["polls"]}


def test_lists_have_the_polls_that_their_filters_name(
    alice: User, bob: User, workspace: Workspace, polls: dict[str, Poll], client_for: ClientFor
) -> None:
    client, here = client_for(alice), f"workspace={workspace.id}"
    project = f"project={workspace.project_id}"
    assert listed(client, here) == {"Open?", "Draft?"}
    assert listed(client, f"{here}&published=true") == {"Open?"}
    assert listed(client, f"{here}&published=false") == {"Draft?"}
    assert listed(client, f"{here}&state=draft") == {"Draft?"}
    assert listed(client, f"{here}&search=dra") == {"Draft?"}
    assert listed(client, f"{here}&creator={alice.id}") == {"Open?"}
    assert listed(client, project) == {"Open?", "Draft?", "Other?"}
    assert listed(client, f"{project}&{here}") == {"Open?", "Draft?"}
    assert listed(client, "") == {"Open?"}
    # Your own drafts are those that you created, in a team too.
    assert listed(client, "published=false") == {"Own?"}
    assert listed(client_for(bob), "published=false") == {"Draft?", "Other?"}


def test_a_removed_member_has_no_drafts_there(
    alice: User, bob: User, workspace: Workspace, polls: dict[str, Poll], client_for: ClientFor
) -> None:
    remove_member(actor=actor_of(alice), project_id=workspace.project_id, user_id=bob.id)
    client = client_for(bob)
    assert listed(client, "published=false") == set()
    assert listed(client, f"creator={bob.id}") == set()


def test_a_workspace_of_others_looks_like_one_that_does_not_exist(
    charlie: User, workspace: Workspace, polls: dict[str, Poll], client_for: ClientFor
) -> None:
    for user in (charlie, None):
        client = client_for(user)
        answers = {client.get(f"/api/polls?workspace={each}").content for each in ids_of(workspace)}
        assert len(answers) == 1


def ids_of(workspace: Workspace) -> list[Any]:
    return [workspace.id, uuid4()]


def test_an_invalid_workspace_is_an_error(alice: User, client_for: ClientFor) -> None:
    assert refusal_of(client_for(alice).get("/api/polls?workspace=1")) == (400, "validation")


def test_your_own_polls_are_counted_without_those_of_teams(
    alice: User, workspace: Workspace, polls: dict[str, Poll]
) -> None:
    mine = PollFilter(creator_id=alice.id, is_personal=True)
    own = count_polls_for(actor_of(alice), mine)
    team = PollFilter(workspace_id=workspace.id)
    assert (own[PollState.DRAFT], own[PollState.OPEN]) == (1, 0)
    counts = count_polls_for(actor_of(alice), team)
    assert (counts[PollState.DRAFT], counts[PollState.OPEN]) == (1, 1)
    assert [poll.question for poll in list_polls_for(actor_of(alice), mine)] == ["Own?"]


# Costs


def fill(workspace: Workspace, creator: User, count: int) -> None:
    """Creates polls in a workspace, each with an option."""
    now = timezone.now()
    polls = Poll.objects.bulk_create(
        Poll(
            id=new_id(),
            creator=creator,
            project_id=workspace.project_id,
            workspace=workspace,
            question="Tea or coffee?",
            state=PollState.OPEN,
            join_code=f"{workspace.id.hex[-4:]}{number:06}",
            created_at=now,
            updated_at=now,
        )
        for number in range(count)
    )
    Option.objects.bulk_create(Option(poll=poll, text="Tea", position=0) for poll in polls)


@pytest.fixture
def many(project: Project, alice: User, workspace: Workspace) -> Workspace:
    """A workspace with MANY polls, in a project with as many others."""
    fill(workspace, alice, MANY)
    fill(open_workspace(project, "Mornings"), alice, MANY)
    return workspace


@pytest.fixture
def some(project: Project, alice: User, workspace: Workspace) -> Workspace:
    """A workspace with SOME polls, in a project with as many others; all others are newer."""
    fill(workspace, alice, SOME)
    fill(open_workspace(project, "Mornings"), alice, SOME)
    other = create_project(actor=actor_of(alice), name="Library")
    fill(open_workspace(other, "Room"), alice, 8 * MANY)
    return workspace


@pytest.mark.parametrize("limit", [10, 100])
@pytest.mark.parametrize("parameter", ["workspace", "project"])
def test_a_list_takes_the_same_queries_for_any_number_of_polls(
    vera: User,
    many: Workspace,
    client_for: ClientFor,
    django_assert_num_queries: Any,
    parameter: str,
    limit: int,
) -> None:
    ids = {"workspace": many.id, "project": many.project_id}
    client = client_for(vera)
    with django_assert_num_queries(5):
        # The sign-in; the number of polls, a page of them, their options, and the roles.
        response = client.get(f"/api/polls?{parameter}={ids[parameter]}&limit={limit}")
    assert len(response.json()["polls"]) == limit
    assert (
        response.json()["pagination"]["totalCount"]
        == {"workspace": MANY, "project": 2 * MANY}[parameter]
    )


@pytest.mark.services
@pytest.mark.parametrize("parameter", ["workspace", "project"])
def test_a_page_reads_only_its_polls(vera: User, some: Workspace, parameter: str) -> None:
    narrow = {
        "workspace": PollFilter(workspace_id=some.id),
        "project": PollFilter(project_id=some.project_id),
    }[parameter]
    analyze()
    actor = actor_of(vera)

    def read() -> None:
        rows = list_polls_for(actor, narrow)
        views = view_polls(list(rows[:10]), actor)
        assert len(views) == 10

    assert rows_read_by(read) < FEW


@pytest.mark.services
def test_counting_a_workspace_reads_only_its_polls(vera: User, some: Workspace) -> None:
    analyze()

    def read() -> None:
        page_of(
            list_polls_for(actor_of(vera), PollFilter(workspace_id=some.id)),
            {"page": 1, "limit": 10},
        )

    assert rows_read_by(read) < SOME + FEW


@pytest.mark.services
def test_the_public_list_of_a_member_reads_only_its_page(vera: User, some: Workspace) -> None:
    analyze()

    def read() -> None:
        assert len(list(list_polls_for(actor_of(vera), PollFilter())[:10])) == 10

    assert rows_read_by(read) < FEW


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE polls_poll, polls_option, workspaces_member, workspaces_project")


def rows_read_by(read: Callable[[], Any]) -> int:
    """The rows that PostgreSQL reads for ``read``."""
    before = rows_read()
    read()
    return rows_read() - before


def rows_read() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
        )
        return int(cursor.fetchone()[0])
