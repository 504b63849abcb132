"""Who gets to the desk, and how."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import TokenFamily, User
from accounts.services import suspend_user
from accounts.sign_in import open_token_family
from apikit.errors import TooManyRequestsError
from polls.models import AbuseReport, Poll
from tests.conftest import PASSWORD, MakePoll, actor_of
from tests.desk import Desk
from votes.models import Vote

pytestmark = pytest.mark.django_db(transaction=True)

MODELS = [Poll, AbuseReport, Vote, User, TokenFamily, LogEntry]
LOGIN = "/admin/login/"


@pytest.fixture
def addresses(make_poll: MakePoll, bob: User) -> list[str]:
    """Every kind of page the desk has."""
    poll = make_poll()
    lists = [Desk.address(model) for model in MODELS]
    return [
        reverse("admin:index"),
        reverse("admin:password_change"),
        *lists,
        reverse("admin:polls_poll_add"),
        Desk.address(Poll, poll),
        f"{Desk.address(Poll)}{poll.pk}/report/",
        f"{Desk.address(Poll)}{poll.pk}/delete/",
        f"{Desk.address(Poll)}{poll.pk}/history/",
        Desk.address(User, bob),
        f"{Desk.address(User)}{bob.pk}/delete/",
    ]


def sign_in(email: str, password: str) -> Client:
    client = Client()
    client.post(LOGIN, {"username": email, "password": password})
    return client


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


@pytest.fixture
def staff_with_password(staff: User) -> User:
    staff.set_password(PASSWORD)
    staff.save()
    return staff


def test_staff_see_every_page(staff: User, addresses: list[str]) -> None:
    desk = Desk(staff)
    assert {
        address: desk.client.get(address).status_code for address in addresses
    } == dict.fromkeys(addresses, 200)


@pytest.mark.parametrize("who", ["alice", "guest", None])
def test_nobody_else_sees_any(
    who: str | None, addresses: list[str], request: pytest.FixtureRequest
) -> None:
    desk = Desk(None if who is None else request.getfixturevalue(who))
    for address in addresses:
        for answer in (desk.client.get(address), desk.client.post(address, {})):
            assert answer.status_code == 302
            assert answer["Location"].startswith(LOGIN)


def test_no_action_is_done_for_others(alice: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    assert Desk(alice).act("hide_polls", poll, reason="mine")["Location"].startswith(LOGIN)
    assert Poll.objects.get().hidden_at is None


def test_suspended_staff_are_out_at_once(staff: User, superuser: User) -> None:
    desk = Desk(staff)
    assert is_in(desk.client)
    suspend_user(actor=actor_of(superuser), user_id=staff.id, reason="left")
    assert not is_in(desk.client)


def test_who_is_no_longer_staff_is_out_at_once(staff: User, superuser: User) -> None:
    desk = Desk(staff)
    Desk(superuser).save(staff, is_staff="")
    assert not is_in(desk.client)


def test_the_site_says_whose_desk_it_is(staff: User) -> None:
    assert "Tallyroom" in Client().get(LOGIN).content.decode()
    page = Desk(staff).client.get("/admin/").content.decode()
    assert "Tallyroom" in page
    assert "Moderation" in page


def test_groups_and_permissions_have_no_page(staff: User) -> None:
    assert Desk(staff).client.get("/admin/auth/group/").status_code == 404


@pytest.mark.parametrize("path", ["polls/poll/nonsense/change/", "polls/poll/nonsense/report/"])
def test_an_address_of_nothing_is_no_crash(staff: User, path: str) -> None:
    assert Desk(staff).client.get(f"/admin/{path}").status_code in {302, 404}


# Signing in


def test_staff_sign_in_with_email_and_password(staff_with_password: User) -> None:
    assert is_in(sign_in("STAFF@example.org", PASSWORD))


@pytest.mark.parametrize("password", ["wrong", "", "\x00", "x" * 5000])
def test_a_wrong_password_is_refused(staff_with_password: User, password: str) -> None:
    assert not is_in(sign_in("staff@example.org", password))


def test_the_right_password_of_who_is_no_staff_is_refused_in_the_same_words(
    alice: User,
) -> None:
    alice.set_password(PASSWORD)
    alice.save()
    words = {
        Client()
        .post(LOGIN, {"username": "alice@example.org", "password": password})
        .context["form"]
        .non_field_errors()[0]
        for password in (PASSWORD, "wrong")
    }
    assert len(words) == 1


def test_guessing_is_bounded_as_it_is_over_the_api(
    staff_with_password: User, limited: Settings
) -> None:
    limited.LOGIN_MAX_FAILURES = 2
    for _ in range(2):
        assert not is_in(sign_in("staff@example.org", "wrong"))
    answer = Client().post(LOGIN, {"username": "staff@example.org", "password": PASSWORD})
    assert "Too many wrong passwords" in answer.content.decode()


# One's own password


def change(desk: Desk, old: str, new: str) -> int:
    fields = {"old_password": old, "new_password1": new, "new_password2": new}
    return desk.client.post(reverse("admin:password_change"), fields).status_code


def test_a_new_password_of_ones_own_ends_all_other_sign_ins(staff_with_password: User) -> None:
    here, elsewhere = Desk(staff_with_password), Desk(staff_with_password)
    open_token_family(user=staff_with_password)
    assert change(here, PASSWORD, "an unlikely phrase") == 302
    assert is_in(here.client)
    assert not is_in(elsewhere.client)
    # That of the session it was changed in.
    assert TokenFamily.objects.filter(revoked_at=None).count() == 1
    assert is_in(sign_in("staff@example.org", "an unlikely phrase"))


@pytest.mark.parametrize(("old", "new"), [("wrong", "an unlikely phrase"), (PASSWORD, "12345678")])
def test_an_unfit_change_of_password_changes_nothing(
    staff_with_password: User, old: str, new: str
) -> None:
    assert change(Desk(staff_with_password), old, new) == 200
    assert is_in(sign_in("staff@example.org", PASSWORD))


def test_a_full_house_is_said_to_be_and_is_no_crash(
    staff_with_password: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**options: object) -> None:
        raise TooManyRequestsError("Too many people are signing in just now.")

    monkeypatch.setattr("polling_site.moderation.site.change_password", refuse)
    desk = Desk(staff_with_password)
    assert change(desk, PASSWORD, "an unlikely phrase") == 200
