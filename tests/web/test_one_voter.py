"""One browser is one voter: as a guest, signed in, signed out, and after its session expired."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.browser_guests import COOKIE_NAME
from accounts.models import TokenFamily, User
from accounts.services import suspend_user
from polls.models import Poll
from tests.conftest import PASSWORD, MakePoll, actor_of, make_user, option_ids, vote
from tests.votes.conftest import counts
from tests.web.conftest import data_in
from votes.models import Vote
from votes.recount import find_mismatches

pytestmark = pytest.mark.django_db(transaction=True)

SCRIPT = {"Accept": "application/json"}
KEYS = iter(f"0123456789abcdef{number}" for number in range(1000))


@pytest.fixture(autouse=True)
def tallies_are_recounted() -> Iterator[None]:
    """After each of these stories."""
    yield
    assert not list(find_mismatches())


def cast(browser: Client, poll: Poll, position: int, **fields: str) -> Any:
    """Votes as the page's script does."""
    body = {"option": str(option_ids(poll)[position]), "key": next(KEYS), **fields}
    return browser.post(f"/p/{poll.join_code}/vote", body, headers=SCRIPT)


def state(browser: Client, poll: Poll) -> dict[str, Any]:
    """What the page knows of the person."""
    return data_in(browser.get(f"/p/{poll.join_code}").content.decode())


def with_password(name: str) -> User:
    user = make_user(name)
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(browser: Client, user: User) -> None:
    body = {"email": user.email, "password": PASSWORD}
    assert browser.post("/sign-in", body).status_code == 302


def sign_out(browser: Client) -> None:
    assert browser.post("/sign-out").status_code == 302


def expire(browser: Client) -> None:
    """As after seven days: neither the session nor the sign-in behind it is good any more."""
    TokenFamily.objects.all().delete()
    del browser.cookies["tallyroom_session"]


def test_guest_account_and_guest_again_are_one_voter(client: Client, make_poll: MakePoll) -> None:
    poll, bob = make_poll(), with_password("Bobby")
    assert cast(client, poll, 0).status_code == 200
    sign_in(client, bob)
    assert state(client, poll)["votes"] == [str(option_ids(poll)[0])]
    assert cast(client, poll, 1).json()["code"] == "vote.duplicate"
    sign_out(client)
    shown = state(client, poll)
    assert (shown["hasVoted"], shown["votes"]) == (True, [])
    assert cast(client, poll, 2).json()["code"] == "vote.duplicate"
    assert counts(poll) == [1, 0, 0]
    assert Vote.objects.get().user == bob


def test_registering_merges_the_guest(client: Client, make_poll: MakePoll) -> None:
    poll = make_poll()
    cast(client, poll, 0)
    body = {"name": "New", "email": "new@example.org", "password": PASSWORD}
    assert client.post("/register", body).status_code == 302
    assert Vote.objects.get().user.email == "new@example.org"
    assert cast(client, poll, 1).json()["code"] == "vote.duplicate"


def test_signing_in_to_the_admin_merges_the_guest(client: Client, make_poll: MakePoll) -> None:
    poll, boss = make_poll(), with_password("Boss")
    User.objects.filter(id=boss.id).update(is_staff=True, is_superuser=True)
    cast(client, poll, 0)
    body = {"username": boss.email, "password": PASSWORD, "next": "/admin/"}
    assert client.post("/admin/login/", body, follow=True).status_code == 200
    assert Vote.objects.get().user == boss


@pytest.mark.parametrize("leaves", ["signs out", "expires"])
def test_the_guest_of_a_browser_that_only_an_account_used_has_voted(
    client: Client, make_poll: MakePoll, leaves: str
) -> None:
    poll, bob = make_poll(), with_password("Bobby")
    sign_in(client, bob)
    cast(client, poll, 1)
    (sign_out if leaves == "signs out" else expire)(client)
    assert cast(client, poll, 0).json()["code"] == "vote.duplicate"
    assert state(client, poll)["hasVoted"]
    assert counts(poll) == [0, 1, 0]


def test_two_accounts_on_one_device_are_two_people(client: Client, make_poll: MakePoll) -> None:
    poll, ann, ben = make_poll(), with_password("Ann"), with_password("Ben")
    cast(client, poll, 0)
    sign_in(client, ann)
    sign_out(client)
    sign_in(client, ben)
    assert not state(client, poll)["hasVoted"]
    assert cast(client, poll, 1).status_code == 200
    sign_out(client)
    assert cast(client, poll, 2).json()["code"] == "vote.duplicate"
    owners = dict(Vote.objects.values_list("user__name", "option__text"))
    assert owners == {"Ann": "Tea", "Ben": "Coffee"}
    assert counts(poll) == [1, 1, 0]


def test_the_guest_of_two_accounts_has_voted_where_either_has(
    client: Client, make_poll: MakePoll
) -> None:
    anns, bens, nobodys = make_poll(), make_poll(), make_poll()
    ann, ben = with_password("Ann"), with_password("Ben")
    sign_in(client, ann)
    cast(client, anns, 0)
    sign_out(client)
    sign_in(client, ben)
    cast(client, bens, 1)
    sign_out(client)
    for poll in (anns, bens):
        assert state(client, poll)["hasVoted"]
        assert cast(client, poll, 2).json()["code"] == "vote.duplicate"
    # What the guest answers then is Ben's, who sees it when he signs in again; Ann is free.
    assert cast(client, nobodys, 2).status_code == 200
    sign_in(client, ben)
    assert state(client, nobodys)["votes"] == [str(option_ids(nobodys)[2])]
    assert cast(client, nobodys, 0).json()["code"] == "vote.duplicate"
    sign_out(client)
    sign_in(client, ann)
    assert cast(client, nobodys, 0).status_code == 200
    assert counts(nobodys) == [1, 0, 1]


def test_switching_accounts_without_signing_out_passes_nothing_on(
    client: Client, make_poll: MakePoll
) -> None:
    poll, ann, ben = make_poll(), with_password("Ann"), with_password("Ben")
    sign_in(client, ann)
    cast(client, poll, 0)
    client.cookies.pop("tallyroom_session")
    sign_in(client, ben)
    assert cast(client, poll, 1).status_code == 200
    bens = make_poll()
    cast(client, bens, 1)
    sign_out(client)
    for each in (poll, bens):
        assert cast(client, each, 2).json()["code"] == "vote.duplicate"
    assert (counts(poll), counts(bens)) == ([1, 1, 0], [0, 1, 0])


def test_an_expired_guest_is_renewed_and_knows_its_vote(
    client: Client, make_poll: MakePoll
) -> None:
    poll = make_poll()
    cast(client, poll, 1)
    guest = User.objects.get(is_guest=True)
    expire(client)
    shown = state(client, poll)
    assert (shown["votes"], shown["person"]) == ([str(option_ids(poll)[1])], None)
    # Looking makes no session.
    assert not TokenFamily.objects.exists()
    joined = client.post(f"/p/{poll.join_code}/join", {"key": next(KEYS)}, headers=SCRIPT).json()
    assert (joined["id"], joined.get("isNew")) == (str(guest.id), False)
    assert cast(client, poll, 0).json()["code"] == "vote.duplicate"
    assert User.objects.filter(is_guest=True).count() == 1


def test_a_suspended_guest_is_not_replaced(
    client: Client, make_poll: MakePoll, staff: User
) -> None:
    poll = make_poll()
    cast(client, poll, 1)
    guest = User.objects.get(is_guest=True)
    suspend_user(actor=actor_of(staff), user_id=guest.id, reason="spam")
    assert cast(client, poll, 0).json()["code"] == "account.suspended"
    assert cast(client, make_poll(), 0).json()["code"] == "account.suspended"
    assert User.objects.filter(is_guest=True).count() == 1
    # And it does not stand in the way of an account.
    sign_in(client, with_password("Bobby"))
    sign_out(client)


def test_a_session_from_before_the_cookie_gets_it(guest: User, make_poll: MakePoll) -> None:
    browser = Client()
    browser.force_login(guest)
    browser.get(f"/p/{make_poll().join_code}")
    assert COOKIE_NAME in browser.cookies


def test_the_cookie_is_for_the_server_only_and_lasts(
    client: Client, make_poll: MakePoll, settings: Settings
) -> None:
    settings.SESSION_COOKIE_SECURE = True
    poll = make_poll()
    client.get(f"/p/{poll.join_code}")
    assert COOKIE_NAME not in client.cookies
    cast(client, poll, 0)
    cookie = client.cookies[COOKIE_NAME]
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "Lax")
    assert cookie["max-age"] == 400 * 24 * 3600


def test_a_forged_cookie_is_ignored(client: Client, make_poll: MakePoll, guest: User) -> None:
    poll = make_poll()
    vote(guest, poll, 0)
    cast(client, make_poll(), 0)
    signed = client.cookies[COOKIE_NAME].value
    for forged in ("", guest.id.hex, f"{guest.id.hex}:{signed.partition(':')[2]}", "\x00" * 10):
        browser = Client()
        browser.cookies[COOKIE_NAME] = forged
        assert not state(browser, poll)["hasVoted"]
    browser = Client()
    browser.cookies[COOKIE_NAME] = f"{guest.id.hex}:x:y"
    assert cast(browser, poll, 1).status_code == 200
    assert counts(poll) == [1, 1, 0]


def test_the_page_says_that_the_account_has_voted(client: Client, make_poll: MakePoll) -> None:
    poll = make_poll(allow_change=True)
    sign_in(client, with_password("Bobby"))
    cast(client, poll, 1)
    sign_out(client)
    html = client.get(f"/p/{poll.join_code}").content.decode()
    assert '<p class="hint" id="with-account">' in html
    assert 'id="changing" hidden>' in html
    assert "bar-yours" not in html
