"""Users in the admin: their list, their page, their passwords."""

from typing import Any

import pytest
from django.core import mail
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import TokenFamily, User
from accounts.sign_in import open_token_family
from tests.accounts.conftest import wait_for_emails
from tests.conftest import PASSWORD, ClientFor, MakePoll, make_user, vote
from tests.moderation_client import ModerationClient, errors_of, log_of, messages_of, suspension

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

NEW_PASSWORD = "an unlikely phrase"


@pytest.fixture
def moderator(staff: User) -> ModerationClient:
    return ModerationClient(staff)


def names(response: Any) -> list[str]:
    return sorted(user.name for user in response.context["cl"].result_list)


def test_the_list_counts_polls_and_votes(
    moderator: ModerationClient, make_poll: MakePoll, alice: User, bob: User
) -> None:
    for _ in range(3):
        vote(bob, make_poll(), 0)
    rows = {user.name: user for user in moderator.list_of(User).context["cl"].result_list}
    counted = {name: (user.count_of_polls, user.count_of_votes) for name, user in rows.items()}
    assert counted == {"Alice": (3, 0), "Bob": (0, 3), "Staff": (0, 0)}
    assert f"/admin/votes/vote/?user={bob.id}" in moderator.list_of(User).content.decode()


@pytest.mark.parametrize("count", [1, 12])
def test_the_number_of_queries_does_not_depend_on_the_length_of_the_list(
    moderator: ModerationClient,
    make_poll: MakePoll,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    poll = make_poll()
    for number in range(count):
        vote(make_user(f"Voter{number}"), poll, 0)
    moderator.settle()
    # The session, the moderator, the count, the rows.
    with django_assert_num_queries(4):
        moderator.list_of(User)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"kind": "account"}, ["Alice", "Bob", "Staff"]),
        ({"kind": "guest"}, ["Guest"]),
        ({"kind": "staff"}, ["Staff"]),
        ({"kind": "superuser"}, []),
        ({"suspended": "yes"}, ["Bob"]),
        ({"suspended": "no"}, ["Alice", "Guest", "Staff"]),
        ({"status__exact": "busy"}, ["Alice"]),
        ({"made": "hour"}, ["Alice", "Bob", "Guest", "Staff"]),
        ({"q": "ali"}, ["Alice"]),
        ({"q": "bob@exam"}, ["Bob"]),
    ],
)
def test_the_list_is_filtered(
    moderator: ModerationClient,
    alice: User,
    bob: User,
    guest: User,
    query: dict[str, str],
    found: list[str],
) -> None:
    moderator.act("suspend_users", bob, **suspension())
    User.objects.filter(id=alice.id).update(status="busy")
    assert names(moderator.list_of(User, **query)) == found


@pytest.mark.parametrize("lookup", ["password__startswith", "password", "polls__creator__password"])
def test_password_hashes_cannot_be_probed_by_lookups(
    moderator: ModerationClient, lookup: str
) -> None:
    assert moderator.list_of(User, **{lookup: "argon2"}).status_code == 400


@pytest.mark.parametrize("count", [0, 12])
def test_the_number_of_queries_does_not_depend_on_what_a_user_owns(
    moderator: ModerationClient,
    make_poll: MakePoll,
    bob: User,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    for _ in range(count):
        vote(bob, make_poll(), 0)
        open_token_family(user=bob)
    moderator.page_of(bob)
    # The session, the moderator, the user.
    with django_assert_num_queries(3):
        moderator.page_of(bob)


def test_staff_can_only_rename_users(moderator: ModerationClient, bob: User) -> None:
    moderator.save(bob, name="Robert", email="new@example.org", is_staff="on", is_active="")
    user = User.objects.get(id=bob.id)
    assert (user.name, user.email, user.is_staff, user.is_active) == (
        "Robert",
        "bob@example.org",
        False,
        True,
    )
    assert log_of(bob) == ["name: Bob → Robert."]


@pytest.mark.parametrize("name", ["", "x" * 81, "a\u0000b", "a\nb"])
def test_an_invalid_name_shows_an_error(moderator: ModerationClient, bob: User, name: str) -> None:
    assert errors_of(moderator.save(bob, name=name))
    assert User.objects.get(id=bob.id).name == "Bob"


def test_staff_can_rename_themselves_but_no_other_staff(
    moderator: ModerationClient, staff: User, superuser: User
) -> None:
    assert moderator.save(staff, name="Me").status_code == 302
    address = moderator.address(User, superuser)
    assert moderator.client.get(address).status_code == 200
    assert moderator.client.post(address, {"name": "Mine"}).status_code == 403


def test_granting_staff_rights_ends_the_sign_ins(superuser: User, bob: User) -> None:
    open_token_family(user=bob)
    assert ModerationClient(superuser).save(bob, is_staff="on").status_code == 302
    assert User.objects.get(id=bob.id).is_staff
    assert not TokenFamily.objects.filter(user=bob, revoked_at=None).exists()
    assert log_of(bob) == ["is_staff: False → True."]


def test_a_superuser_has_to_be_staff(superuser: User, bob: User) -> None:
    response = ModerationClient(superuser).save(bob, is_superuser="on")
    assert errors_of(response) == ["Superusers must be staff."]
    assert not User.objects.get(id=bob.id).is_superuser


def test_superusers_cannot_change_their_own_rights_or_those_of_guests(
    superuser: User, guest: User
) -> None:
    moderator = ModerationClient(superuser)
    moderator.save(superuser, is_superuser="", is_staff="")
    moderator.save(guest, is_staff="on")
    assert User.objects.get(id=superuser.id).is_superuser
    assert not User.objects.get(id=guest.id).is_staff


def test_superusers_add_accounts(superuser: User, staff: User) -> None:
    fields = {"name": "Dora", "email": "Dora@Example.org", "password": NEW_PASSWORD}
    assert ModerationClient(superuser).add(User, **fields).status_code == 302
    dora = User.objects.get(email="dora@example.org")
    assert dora.check_password(NEW_PASSWORD)
    assert log_of(dora) == ["Created an account."]
    assert ModerationClient(staff).client.get(reverse("admin:accounts_user_add")).status_code == 403


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"email": "bob@example.org"}, "An account with this email address already exists"),
        ({"email": "nonsense"}, "valid email"),
        ({"password": "12345678"}, "too common"),
        ({"name": ""}, "required"),
    ],
)
def test_an_invalid_account_is_not_added(
    superuser: User, bob: User, changes: dict[str, str], words: str
) -> None:
    fields = {"name": "Dora", "email": "dora@example.org", "password": NEW_PASSWORD}
    response = ModerationClient(superuser).add(User, **(fields | changes))
    assert words in " ".join(errors_of(response))
    assert not User.objects.filter(name="Dora").exists()


def test_superusers_set_a_password_which_ends_all_sign_ins(
    superuser: User, bob: User, client_for: ClientFor
) -> None:
    client = client_for(bob)
    fields = {"new_password": NEW_PASSWORD, "reason": "No mail."}
    moderator = ModerationClient(superuser)
    assert "Set a password" in moderator.act("set_password_of_one", bob).content.decode()
    assert messages_of(moderator.act("set_password_of_one", bob, **fields)) == [
        "1 user: password set."
    ]
    assert client.get("/api/auth/me").status_code == 401
    assert User.objects.get(id=bob.id).check_password(NEW_PASSWORD)
    assert log_of(bob) == ["Password set: No mail."]


def test_an_invalid_password_shows_an_error(superuser: User, bob: User, alice: User) -> None:
    moderator = ModerationClient(superuser)
    weak = moderator.act("set_password_of_one", bob, new_password="12345678", reason="x")
    assert "too common" in messages_of(weak)[0]
    both = moderator.act("set_password_of_one", bob, alice, new_password=NEW_PASSWORD, reason="x")
    assert "Select one user only" in messages_of(both)[0]
    assert log_of() == []


def test_only_superusers_can_set_passwords(moderator: ModerationClient, bob: User) -> None:
    response = moderator.act("set_password_of_one", bob, new_password=NEW_PASSWORD, reason="x")
    assert messages_of(response) == ["No action selected."]
    assert not User.objects.get(id=bob.id).check_password(NEW_PASSWORD)


def test_staff_send_a_link_for_a_new_password(
    moderator: ModerationClient, bob: User, guest: User
) -> None:
    bob.set_password(PASSWORD)
    bob.save()
    response = moderator.act("send_links", bob, guest)
    assert "1 user: sent a link for a new password." in messages_of(response)
    assert "Guests have no password." in messages_of(response)[1]
    wait_for_emails()
    assert [message.to for message in mail.outbox] == [["bob@example.org"]]
