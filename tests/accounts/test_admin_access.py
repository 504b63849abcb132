"""Access to the admin."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import TokenFamily, User
from accounts.services import suspend_user
from accounts.sign_in import open_token_family
from apikit.errors import TooManyRequestsError
from apikit.models import PruningState
from chat.models import Membership, Message, Room
from jobs.models import Schedule
from polls.models import AbuseReport, Poll, PollRemoval
from tests.conftest import PASSWORD, MakePoll, actor_of
from tests.moderation_client import ModerationClient
from votes.models import Vote

pytestmark = pytest.mark.django_db(transaction=True)

MODELS = [
    Poll, AbuseReport, PollRemoval, Vote, User, TokenFamily, LogEntry, Room, Message, Membership,
    Schedule, PruningState,
]  # fmt: skip
LOGIN = "/admin/login/"


@pytest.fixture
def addresses(make_poll: MakePoll, bob: User) -> list[str]:
    """Every kind of page in the admin."""
    poll = make_poll()
    lists = [ModerationClient.address(model) for model in MODELS]
    return [
        reverse("admin:index"),
        reverse("admin:password_change"),
        *lists,
        reverse("admin:polls_poll_add"),
        ModerationClient.address(Poll, poll),
        f"{ModerationClient.address(Poll)}{poll.pk}/report/",
        f"{ModerationClient.address(Poll)}{poll.pk}/delete/",
        f"{ModerationClient.address(Poll)}{poll.pk}/history/",
        ModerationClient.address(User, bob),
        f"{ModerationClient.address(User)}{bob.pk}/delete/",
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
    moderator = ModerationClient(staff)
    assert {
        address: moderator.client.get(address).status_code for address in addresses
    } == dict.fromkeys(addresses, 200)


@pytest.mark.parametrize("who", ["alice", "guest", None])
def test_only_staff_see_the_admin(
    who: str | None, addresses: list[str], request: pytest.FixtureRequest
) -> None:
    moderator = ModerationClient(None if who is None else request.getfixturevalue(who))
    for address in addresses:
        for response in (moderator.client.get(address), moderator.client.post(address, {})):
            assert response.status_code == 302
            assert response["Location"].startswith(LOGIN)


def test_only_staff_can_run_actions(alice: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    assert (
        ModerationClient(alice).act("hide_polls", poll, reason="mine")["Location"].startswith(LOGIN)
    )
    assert Poll.objects.get().hidden_at is None


def test_suspended_staff_lose_access_immediately(staff: User, superuser: User) -> None:
    moderator = ModerationClient(staff)
    assert is_in(moderator.client)
    suspend_user(actor=actor_of(superuser), user_id=staff.id, reason="left")
    assert not is_in(moderator.client)


def test_former_staff_lose_access_immediately(staff: User, superuser: User) -> None:
    moderator = ModerationClient(staff)
    ModerationClient(superuser).save(staff, is_staff="")
    assert not is_in(moderator.client)


def test_the_admin_shows_the_name_of_the_site(staff: User) -> None:
    assert "Tallyroom" in Client().get(LOGIN).content.decode()
    page = ModerationClient(staff).client.get("/admin/").content.decode()
    assert "Tallyroom" in page
    assert "Moderation" in page


def test_groups_and_permissions_have_no_page(staff: User) -> None:
    assert ModerationClient(staff).client.get("/admin/auth/group/").status_code == 404


@pytest.mark.parametrize("path", ["polls/poll/nonsense/change/", "polls/poll/nonsense/report/"])
def test_an_unknown_object_is_not_found(staff: User, path: str) -> None:
    assert ModerationClient(staff).client.get(f"/admin/{path}").status_code in {302, 404}


# Signing in


def test_staff_sign_in_with_email_and_password(staff_with_password: User) -> None:
    assert is_in(sign_in("STAFF@example.org", PASSWORD))


@pytest.mark.parametrize("password", ["wrong", "", "\x00", "x" * 5000])
def test_a_wrong_password_is_refused(staff_with_password: User, password: str) -> None:
    assert not is_in(sign_in("staff@example.org", password))


def test_users_who_are_not_staff_get_the_same_error_as_a_wrong_password(
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


def test_guessing_is_limited_as_in_the_api(staff_with_password: User, limited: Settings) -> None:
    limited.LOGIN_MAX_FAILURES = 2
    for _ in range(2):
        assert not is_in(sign_in("staff@example.org", "wrong"))
    response = Client().post(LOGIN, {"username": "staff@example.org", "password": PASSWORD})
    assert "Too many wrong passwords" in response.content.decode()


# Changing your own password


def change(moderator: ModerationClient, old: str, new: str) -> int:
    fields = {"old_password": old, "new_password1": new, "new_password2": new}
    return moderator.client.post(reverse("admin:password_change"), fields).status_code


def test_changing_your_password_ends_all_other_sign_ins(staff_with_password: User) -> None:
    here, elsewhere = ModerationClient(staff_with_password), ModerationClient(staff_with_password)
    open_token_family(user=staff_with_password)
    assert change(here, PASSWORD, "an unlikely phrase") == 302
    assert is_in(here.client)
    assert not is_in(elsewhere.client)
    # That of the session it was changed in.
    assert TokenFamily.objects.filter(revoked_at=None).count() == 1
    assert is_in(sign_in("staff@example.org", "an unlikely phrase"))


@pytest.mark.parametrize(("old", "new"), [("wrong", "an unlikely phrase"), (PASSWORD, "12345678")])
def test_an_invalid_password_change_changes_nothing(
    staff_with_password: User, old: str, new: str
) -> None:
    assert change(ModerationClient(staff_with_password), old, new) == 200
    assert is_in(sign_in("staff@example.org", PASSWORD))


def test_a_full_queue_of_sign_ins_is_shown_as_an_error(
    staff_with_password: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**options: object) -> None:
        raise TooManyRequestsError("Too many people are signing in just now.")

    monkeypatch.setattr("polling_site.moderation.site.change_password", refuse)
    moderator = ModerationClient(staff_with_password)
    assert change(moderator, PASSWORD, "an unlikely phrase") == 200
