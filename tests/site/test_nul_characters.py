"""A NUL in any text of a request is refused: PostgreSQL fails on one, SQLite does not."""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, get_resolver

from accounts.models import User
from polls.models import Poll
from tests.conftest import ClientFor, MakePoll, access_token, vote
from tests.moderation_client import ModerationClient, filled_in

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

# 32 characters, as many as a session's key has.
NUL_IN_QUOTES = r'"\000' + 31 * "a" + '"'
QUERY_NAMES = (
    "code",
    "cursor",
    "creator",
    "limit",
    "next",
    "page",
    "q",
    "search",
    "state",
    "token",
)


def patterns(entries: Sequence[Any], prefix: str = "") -> Iterator[str]:
    """Every route of the site but those of the admin."""
    for entry in entries:
        route = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLPattern):
            yield route
        elif not route.startswith("admin"):
            yield from patterns(entry.url_patterns, route)


def filled(route: str, poll: Poll, text: str) -> str:
    """The address of a route with ``text`` for each of its parameters that takes one."""
    path = re.sub(r"<uuid:\w+>", str(poll.id), route.removeprefix("^"))
    return "/" + re.sub(r"<[^>]*>", text, path).removeprefix("/")


def failing(client: Client, *addresses: str) -> list[str]:
    client.raise_request_exception = False
    return [each for each in addresses if client.get(each).status_code >= 500]


def signed_in(user: User) -> Client:
    client = Client(headers={"Authorization": f"Bearer {access_token(user)}"})
    client.force_login(user)
    client.get("/account")
    return client


def test_no_address_fails(alice: User, make_poll: MakePoll) -> None:
    client, poll = signed_in(alice), make_poll()
    routes = list(patterns(get_resolver().url_patterns))
    assert len(routes) > 70
    addresses = [filled(route, poll, "%00") for route in routes]
    queries = "&".join(f"{name}=a%00b" for name in QUERY_NAMES)
    addresses += [f"{filled(route, poll, '1')}?{queries}" for route in routes]
    assert failing(client, *addresses) == []


def test_no_list_of_the_admin_fails(superuser: User, make_poll: MakePoll, bob: User) -> None:
    vote(bob, make_poll(), 0)
    moderator = ModerationClient(superuser)
    moderator.settle()
    addresses = []
    for model, pages in admin.site._registry.items():
        names = ["q", "o", "p", "_popup", "_to_field", "_changelist_filters"]
        names += [getattr(each, "parameter_name", f"{each}__exact") for each in pages.list_filter]
        names += list(getattr(pages, "lookups", ()))
        names += [f"{field.name}__contains" for field in model._meta.get_fields()]
        addresses += [f"{moderator.address(model)}?{name}=%00" for name in names]
    addresses += [
        "/admin/autocomplete/?app_label=polls&model_name=poll&field_name=creator&term=%00",
        "/admin/polls/poll/%00/change/",
        "/admin/admin/logentry/%00/history/",
        "/admin/r/1/%00/",
        "/admin/login/?next=%00",
        "/admin/polls/poll/add/?question=%00",
    ]
    assert failing(moderator.client, *addresses) == []


def test_a_query_with_one_is_refused_in_the_admin(staff: User) -> None:
    moderator = ModerationClient(staff)
    assert moderator.client.get("/admin/polls/poll/?q=a%00b").status_code == 400
    assert Client().get("/admin/polls/poll/?q=a%00b").status_code == 302


def test_no_field_of_a_form_in_the_admin_fails(superuser: User, make_poll: MakePoll) -> None:
    poll, moderator = make_poll(), ModerationClient(superuser)
    moderator.settle()
    moderator.client.raise_request_exception = False
    for thing in (poll, poll.creator):
        address = moderator.address(type(thing), thing)
        data = filled_in(moderator.client.get(address))
        for name in data:
            answer = moderator.client.post(address, data | {name: "a\0b"})
            assert answer.status_code < 500, (address, name)
    for name in ("action", "_selected_action", "select_across", "reason", "votes"):
        fields = {"action": "suspend_users", "_selected_action": str(poll.creator_id)}
        fields |= {"_confirmed": "1", "reason": "Spam.", "votes": "stand", name: "a\0b"}
        answer = moderator.client.post(moderator.address(User), fields)
        assert answer.status_code < 500, name


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("/sign-in", ("email", "password", "next")),
        ("/register", ("name", "email", "password", "next")),
        ("/reset", ("email", "token", "new_password")),
        ("/confirm-email", ("token",)),
        ("/language", ("language", "next")),
        ("/p/{code}/join", ("name", "key")),
        ("/p/{code}/cast", ("option", "key", "do", "name")),
        ("/p/{code}/report", ("reason", "note", "key")),
        ("/manage/new", ("question", "option", "kind", "opens_at", "time_zone", "embed_origins")),
        ("/manage/{id}/close", ("next",)),
        ("/account/profile", ("name",)),
        ("/account/status", ("status", "text")),
        ("/account/email", ("email", "current_password")),
        ("/account/password", ("current_password", "new_password")),
    ],
)
@pytest.mark.parametrize("is_signed_in", [True, False])
def test_no_field_of_a_page_fails(
    alice: User, make_poll: MakePoll, address: str, names: tuple[str, ...], *, is_signed_in: bool
) -> None:
    poll = make_poll()
    address = address.format(code=poll.join_code, id=poll.id)
    for name in names:
        client = signed_in(alice) if is_signed_in else Client()
        client.raise_request_exception = False
        fields = dict.fromkeys(names, "x") | {"key": "k" * 32, name: "a\0b"}
        assert client.post(address, fields).status_code < 500, name


@pytest.mark.parametrize("path", ["/", "/manage", "/sign-in", "/admin/"])
def test_a_session_cookie_that_holds_one_is_of_a_visitor(path: str) -> None:
    client = Client(raise_request_exception=False)
    answer = client.get(path, headers={"Cookie": f"tallyroom_session={NUL_IN_QUOTES}"})
    assert answer.status_code in {200, 302}


@pytest.mark.parametrize("name", ["name", "email", "password"])
def test_the_api_refuses_a_field_with_one(client_for: ClientFor, name: str) -> None:
    fields = {"name": "Ada", "email": "ada@example.org", "password": "correct horse battery"}
    answer = client_for(None).post("/api/auth/register", fields | {name: "a\0b@example.org"})
    assert answer.status_code in {201, 400}
    assert answer.status_code == 400 or name == "password"


@pytest.mark.parametrize(
    "address",
    [
        "/api/polls?search={}",
        "/api/polls?creator={}",
        "/api/users/search?q={}",
        "/api/users?page={}",
    ],
)
def test_the_api_names_a_query_parameter_with_one(
    alice: User, client_for: ClientFor, address: str
) -> None:
    answer = client_for(alice).get(address.format(quote("a\0b")))
    assert (answer.status_code, answer.json()["code"]) == (400, "validation")


def test_a_client_that_names_itself_with_one_can_sign_in(client_for: ClientFor) -> None:
    answer = client_for(None).post("/api/auth/guest", {}, headers={"User-Agent": "a\0b\x85c"})
    assert answer.status_code == 201
    user = User.objects.get(id=answer.json()["user"]["id"])
    assert user.token_families.get().user_agent == "abc"
