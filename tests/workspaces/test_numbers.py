"""Every list about a project takes as many queries for a large project as for a small one.

Over REST, on pages, and in the admin, with 200 members, 10,000 activities and 500 polls.
"""

from typing import Any, NamedTuple

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from chat.project_rooms import open_project_room
from tests.chat.rooms import post
from tests.conftest import ClientFor, actor_of
from tests.moderation_client import ModerationClient
from tests.web.conftest import BrowserOf, browser_of  # noqa: F401 - a fixture
from tests.workspaces.crowds import grow
from workspaces.models import Project, Workspace

pytestmark = pytest.mark.django_db

OF_REST = [
    "/api/projects",
    "/api/projects/{project}",
    "/api/projects/{project}/members?limit=100",
    "/api/projects/{project}/workspaces",
    "/api/projects/{project}/invitations",
    "/api/projects/{project}/activity?limit=100",
    "/api/polls?project={project}&limit=100",
    "/api/polls?workspace={workspace}&limit=100",
    "/api/rooms",
    "/api/rooms/{room}/members?limit=100",
    "/api/messages/{room}",
]
OF_PAGES = [
    "/manage",
    "/manage/projects",
    "/manage/projects/{project}",
    "/manage/projects/{project}/polls",
    "/manage/projects/{project}/members",
    "/manage/projects/{project}/activity",
    "/manage/workspaces/{workspace}",
    "/manage/rooms",
    "/manage/rooms/{room}",
]
OF_THE_ADMIN = [
    "/admin/workspaces/project/",
    "/admin/workspaces/project/{project}/change/",
    "/admin/workspaces/project/?q=member",
    "/admin/workspaces/member/?project={project}",
    "/admin/workspaces/workspace/?project={project}",
    "/admin/workspaces/invitation/?project={project}",
    "/admin/workspaces/activity/?project={project}",
    "/admin/workspaces/activity/?q=town",
    "/admin/polls/poll/?project={project}",
    "/admin/chat/room/?project={project}",
    "/admin/accounts/user/",
]


class Place(NamedTuple):
    project: str
    workspace: str
    room: str


@pytest.fixture
def place(project: Project, workspace: Workspace, alice: User) -> Place:
    """A small project, in which every list has several rows."""
    room = open_project_room(actor=actor_of(alice), project_id=project.id)
    post(alice, room, "Hello!")
    grow(workspace, alice, members=20, activities=3, polls=3)
    return Place(str(project.id), str(workspace.id), str(room.id))


def count_queries(client: Any, addresses: list[str], place: Place) -> dict[str, int]:
    """The number of queries of each address."""
    counts = {}
    for address in addresses:
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address.format(**place._asdict()))
        assert answer.status_code == 200, address
        counts[address] = len(queries)
    return counts


@pytest.mark.parametrize("of", ["REST", "pages", "the admin"])
def test_lists_take_as_many_queries_for_a_large_project(
    place: Place,
    workspace: Workspace,
    alice: User,
    staff: User,
    client_for: ClientFor,
    browser_of: BrowserOf,  # noqa: F811
    of: str,
) -> None:
    admin: Client = ModerationClient(staff).client
    clients = {
        "REST": (client_for(alice), OF_REST),
        "pages": (browser_of(alice), OF_PAGES),
        "the admin": (admin, OF_THE_ADMIN),
    }
    client, addresses = clients[of]
    # The first requests also read the session and content types.
    count_queries(client, addresses, place)
    small = count_queries(client, addresses, place)
    grow(workspace, alice, members=180, activities=9_990, polls=497)
    assert count_queries(client, addresses, place) == small
