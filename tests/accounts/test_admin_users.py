"""People and their sign-ins on the desk."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import emails
from accounts.models import TokenFamily, User
from accounts.sign_in import open_token_family
from polls.models import Poll
from tests.conftest import PASSWORD, ClientFor, MakePoll, make_user, option_ids, vote
from tests.desk import Desk, errors_of, log_of, messages_of
from tests.votes.conftest import counts
from votes.models import Vote
from votes.recount import find_mismatches

pytestmark = pytest.mark.django_db(transaction=True)

NEW_PASSWORD = "an unlikely phrase"


@pytest.fixture
def superuser(db: None) -> User:
    return make_user("Root", is_staff=True, is_superuser=True)


@pytest.fixture
def desk(staff: User) -> Desk:
    return Desk(staff)


def names(answer: Any) -> list[str]:
    return sorted(user.name for user in answer.context["cl"].result_list)


def suspension(votes: str = "stand") -> dict[str, str]:
    return {"reason": "Spam.", "votes": votes}


# The list


def test_the_list_counts_polls_and_votes(
    desk: Desk, make_poll: MakePoll, alice: User, bob: User
) -> None:
    for _ in range(3):
        vote(bob, make_poll(), 0)
    rows = {user.name: user for user in desk.list_of(User).context["cl"].result_list}
    counted = {name: (user.count_of_polls, user.count_of_votes) for name, user in rows.items()}
    assert counted == {"Alice": (3, 0), "Bob": (0, 3), "Staff": (0, 0)}
    assert f"/admin/votes/vote/?user={bob.id}" in desk.list_of(User).content.decode()


@pytest.mark.parametrize("count", [1, 12])
def test_the_list_takes_as_many_queries_however_long_it_is(
    desk: Desk,
    make_poll: MakePoll,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    poll = make_poll()
    for number in range(count):
        vote(make_user(f"Voter{number}"), poll, 0)
    # The session, the person, how many there are, and they themselves.
    with django_assert_num_queries(4):
        desk.list_of(User)


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
def test_the_list_is_narrowed(
    desk: Desk, alice: User, bob: User, guest: User, query: dict[str, str], found: list[str]
) -> None:
    desk.act("suspend_users", bob, **suspension())
    User.objects.filter(id=alice.id).update(status="busy")
    assert names(desk.list_of(User, **query)) == found


@pytest.mark.parametrize("lookup", ["password__startswith", "password", "polls__creator__password"])
def test_no_address_tells_a_password_letter_by_letter(desk: Desk, lookup: str) -> None:
    assert desk.list_of(User, **{lookup: "argon2"}).status_code == 400


# Suspending


def test_suspending_asks_for_a_reason_and_what_becomes_of_the_votes(
    desk: Desk, make_poll: MakePoll, bob: User
) -> None:
    vote(bob, make_poll(), 0)
    page = desk.act("suspend_users", bob).content.decode()
    assert "account, 0 polls, 1 votes" in page
    for answer in ({"reason": "", "votes": "stand"}, {"reason": "Spam."}, suspension("eat")):
        assert "errornote" in desk.act("suspend_users", bob, **answer).content.decode()
    assert User.objects.get(id=bob.id).is_active


def test_a_suspended_users_tokens_stop_working_and_the_votes_stand(
    desk: Desk, make_poll: MakePoll, bob: User, client_for: ClientFor
) -> None:
    poll = make_poll()
    vote(bob, poll, 0)
    client = client_for(bob)
    tokens = open_token_family(user=bob)
    assert client.get("/api/auth/me").status_code == 200
    answer = desk.act("suspend_users", bob, **suspension())
    assert messages_of(answer) == ["1 user: suspended."]
    refused = client.get("/api/auth/me")
    assert (refused.status_code, refused.json()["code"]) == (401, "account.suspended")
    refresh = client_for(None).post("/api/auth/refresh", {"refreshToken": tokens.refresh})
    assert refresh.status_code == 401
    assert counts(poll) == [1, 0, 0]
    assert User.objects.get(id=bob.id).suspended_reason == "Spam."
    assert log_of(bob) == ["Suspended: Spam."]


def test_the_votes_of_a_suspended_user_can_be_removed_and_the_tallies_are_right(
    desk: Desk, make_poll: MakePoll, bob: User, charlie: User, client_for: ClientFor
) -> None:
    polls = [make_poll(), make_poll()]
    for poll in polls:
        vote(bob, poll, 0)
        vote(charlie, poll, 1)
    desk.act("close_polls", polls[1])
    client = client_for(bob)
    desk.act("suspend_users", bob, **suspension("withdraw"))
    body = {"pollOptionId": str(option_ids(polls[0])[0])}
    assert client.post(f"/api/polls/{polls[0].id}/vote", body).status_code == 401
    assert [counts(poll) for poll in polls] == [[0, 1, 0], [0, 1, 0]]
    assert {poll.ballot_count for poll in Poll.objects.all()} == {1}
    assert list(find_mismatches()) == []
    assert log_of(bob) == ["Suspended, votes removed: Spam."]


def test_a_restored_user_comes_back_in(desk: Desk, bob: User, client_for: ClientFor) -> None:
    desk.act("suspend_users", bob, **suspension())
    assert messages_of(desk.act("restore_users", bob)) == ["1 user: restored."]
    assert client_for(bob).get("/api/auth/me").status_code == 200
    assert messages_of(desk.act("restore_users", bob))[0].startswith("There was nothing")
    assert log_of(bob) == ["Suspended: Spam.", "Restored."]


@pytest.mark.parametrize("action", ["suspend_users", "delete_selected"])
@pytest.mark.parametrize("whom", ["staff", "superuser", "other"])
def test_staff_can_not_do_it_to_staff_nor_to_themselves(
    desk: Desk, staff: User, superuser: User, action: str, whom: str
) -> None:
    user = {"staff": staff, "superuser": superuser}.get(whom) or make_user("Other", is_staff=True)
    answer = desk.act(action, user, **suspension())
    assert "“" in messages_of(answer)[0]
    assert User.objects.get(id=user.id).is_active
    assert log_of() == []


def test_superusers_can_do_it_to_staff(superuser: User, staff: User) -> None:
    desk = Desk(superuser)
    assert messages_of(desk.act("suspend_users", staff, **suspension())) == ["1 user: suspended."]
    assert messages_of(desk.act("delete_selected", staff, reason="x")) == ["1 user: deleted."]


# Deleting


def test_deleting_goes_by_the_service_and_leaves_tallies_right(
    desk: Desk, make_poll: MakePoll, alice: User, bob: User, charlie: User
) -> None:
    poll = make_poll()
    vote(bob, poll, 0)
    vote(charlie, poll, 1)
    assert "0 polls, 1 votes" in desk.act("delete_selected", bob).content.decode()
    assert messages_of(desk.act("delete_selected", bob, reason="Asked to.")) == ["1 user: deleted."]
    assert counts(poll) == [0, 1, 0]
    assert list(find_mismatches()) == []
    entry = LogEntry.objects.get()
    assert (entry.action_flag, entry.object_id) == (DELETION, str(bob.id))
    assert entry.change_message == "Deleted: Asked to."
    # alice's polls go with her.
    desk.act("delete_selected", alice, reason="Asked to.")
    assert not Poll.objects.exists()
    assert not Vote.objects.exists()


def test_the_delete_button_of_a_page_goes_the_same_way(
    desk: Desk, make_poll: MakePoll, bob: User, staff: User
) -> None:
    poll = make_poll()
    vote(bob, poll, 0)
    address = f"{desk.address(User)}{bob.id}/delete/"
    assert desk.client.post(address, {"post": "yes"}).status_code == 200
    assert User.objects.filter(id=bob.id).exists()
    desk.client.post(address, {"_answered": "1", "reason": "x"})
    assert not User.objects.filter(id=bob.id).exists()
    assert counts(poll) == [0, 0, 0]
    own = f"{desk.address(User)}{staff.id}/delete/"
    assert desk.client.get(own).status_code == 403


def test_who_has_acted_as_staff_is_kept_for_the_log(
    superuser: User, desk: Desk, staff: User, bob: User
) -> None:
    desk.act("suspend_users", bob, **suspension())
    answer = Desk(superuser).act("delete_selected", staff, reason="left")
    assert "the log of that has to stay" in messages_of(answer)[0]
    kept = User.objects.get(id=staff.id)
    assert kept.is_active
    assert log_of(bob) == ["Suspended: Spam."]


# The page of one


@pytest.mark.parametrize("count", [0, 12])
def test_the_page_takes_as_many_queries_however_much_belongs_to_it(
    desk: Desk,
    make_poll: MakePoll,
    bob: User,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    for _ in range(count):
        vote(bob, make_poll(), 0)
        open_token_family(user=bob)
    desk.page_of(bob)
    # The session, the member of the staff, the person.
    with django_assert_num_queries(3):
        desk.page_of(bob)


def test_staff_rename_people_and_nothing_else(desk: Desk, bob: User) -> None:
    desk.save(bob, name="Robert", email="new@example.org", is_staff="on", is_active="")
    user = User.objects.get(id=bob.id)
    assert (user.name, user.email, user.is_staff, user.is_active) == (
        "Robert",
        "bob@example.org",
        False,
        True,
    )
    assert log_of(bob) == ["name: Bob → Robert."]


@pytest.mark.parametrize("name", ["", "x" * 81, "a\u0000b", "a\nb"])
def test_a_name_that_can_not_be_is_said_to_be(desk: Desk, bob: User, name: str) -> None:
    assert errors_of(desk.save(bob, name=name))
    assert User.objects.get(id=bob.id).name == "Bob"


def test_staff_rename_themselves_and_no_other_staff(
    desk: Desk, staff: User, superuser: User
) -> None:
    assert desk.save(staff, name="Me").status_code == 302
    address = desk.address(User, superuser)
    assert desk.client.get(address).status_code == 200
    assert desk.client.post(address, {"name": "Mine"}).status_code == 403


def test_superusers_make_staff_whose_sign_ins_then_end(superuser: User, bob: User) -> None:
    open_token_family(user=bob)
    assert Desk(superuser).save(bob, is_staff="on").status_code == 302
    assert User.objects.get(id=bob.id).is_staff
    assert not TokenFamily.objects.filter(revoked_at=None).exists()
    assert log_of(bob) == ["is_staff: False → True."]


def test_a_superuser_has_to_be_staff(superuser: User, bob: User) -> None:
    answer = Desk(superuser).save(bob, is_superuser="on")
    assert errors_of(answer) == ["Superusers are staff."]
    assert not User.objects.get(id=bob.id).is_superuser


def test_nobody_takes_their_own_rights_nor_gives_them_to_a_guest(
    superuser: User, guest: User
) -> None:
    desk = Desk(superuser)
    desk.save(superuser, is_superuser="", is_staff="")
    desk.save(guest, is_staff="on")
    assert User.objects.get(id=superuser.id).is_superuser
    assert not User.objects.get(id=guest.id).is_staff


def test_superusers_add_accounts(superuser: User, staff: User) -> None:
    fields = {"name": "Dora", "email": "Dora@Example.org", "password": NEW_PASSWORD}
    assert Desk(superuser).add(User, **fields).status_code == 302
    dora = User.objects.get(email="dora@example.org")
    assert dora.check_password(NEW_PASSWORD)
    assert log_of(dora) == ["Made an account."]
    assert Desk(staff).client.get(reverse("admin:accounts_user_add")).status_code == 403


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"email": "bob@example.org"}, "an account with this email address already"),
        ({"email": "nonsense"}, "valid email"),
        ({"password": "12345678"}, "too common"),
        ({"name": ""}, "required"),
    ],
)
def test_an_account_that_can_not_be_is_not_added(
    superuser: User, bob: User, changes: dict[str, str], words: str
) -> None:
    fields = {"name": "Dora", "email": "dora@example.org", "password": NEW_PASSWORD}
    answer = Desk(superuser).add(User, **(fields | changes))
    assert words in " ".join(errors_of(answer))
    assert not User.objects.filter(name="Dora").exists()


# Passwords


def test_superusers_set_a_password_which_ends_all_sign_ins(
    superuser: User, bob: User, client_for: ClientFor
) -> None:
    client = client_for(bob)
    answer = {"new_password": NEW_PASSWORD, "reason": "No mail."}
    desk = Desk(superuser)
    assert "Set a password" in desk.act("set_password_of_one", bob).content.decode()
    assert messages_of(desk.act("set_password_of_one", bob, **answer)) == ["1 user: password set."]
    assert client.get("/api/auth/me").status_code == 401
    assert User.objects.get(id=bob.id).check_password(NEW_PASSWORD)
    assert log_of(bob) == ["Password set: No mail."]


def test_an_unfit_password_is_said_to_be(superuser: User, bob: User, alice: User) -> None:
    desk = Desk(superuser)
    weak = desk.act("set_password_of_one", bob, new_password="12345678", reason="x")
    assert "too common" in messages_of(weak)[0]
    both = desk.act("set_password_of_one", bob, alice, new_password=NEW_PASSWORD, reason="x")
    assert "One at a time" in messages_of(both)[0]
    assert log_of() == []


def test_other_staff_set_no_passwords(desk: Desk, bob: User) -> None:
    answer = desk.act("set_password_of_one", bob, new_password=NEW_PASSWORD, reason="x")
    assert messages_of(answer) == ["No action selected."]
    assert not User.objects.get(id=bob.id).check_password(NEW_PASSWORD)


def test_staff_send_a_link_for_a_new_password(desk: Desk, bob: User, guest: User) -> None:
    bob.set_password(PASSWORD)
    bob.save()
    answer = desk.act("send_links", bob, guest)
    assert "1 user: sent a link for a new password." in messages_of(answer)
    assert "Guests have no password." in messages_of(answer)[1]
    emails._sender.submit(lambda: None).result()  # whatever was to be sent before is
    assert [message.to for message in mail.outbox] == [["bob@example.org"]]


# Sign-ins


def test_a_sign_in_is_ended_from_its_list(desk: Desk, bob: User, client_for: ClientFor) -> None:
    client = client_for(bob)
    open_token_family(user=bob)
    families = desk.list_of(TokenFamily, user=bob.id).context["cl"].result_list
    assert len(families) == 2
    oldest = families[1]
    assert messages_of(desk.act("end", oldest)) == ["1 token family: ended."]
    assert client.get("/api/auth/me").status_code == 401
    assert TokenFamily.objects.filter(revoked_at=None).count() == 1
    assert messages_of(desk.act("end", oldest))[0].startswith("There was nothing")
    assert log_of(oldest) == ["Ended."]


def test_staff_do_not_end_the_sign_ins_of_other_staff(desk: Desk, superuser: User) -> None:
    open_token_family(user=superuser)
    answer = desk.act("end", TokenFamily.objects.get())
    assert "Only a superuser" in messages_of(answer)[0]
    assert TokenFamily.objects.get().revoked_at is None


@pytest.mark.parametrize("state", ["good", "ended", "expired"])
def test_sign_ins_are_narrowed_by_what_became_of_them(desk: Desk, bob: User, state: str) -> None:
    now = timezone.now()
    for fields in (
        {"user_agent": "good"},
        {"user_agent": "ended", "revoked_at": now},
        {"user_agent": "expired", "expires_at": now - timedelta(days=1)},
    ):
        family = {"current_jti": "x", "last_used_at": now, "expires_at": now + timedelta(days=1)}
        TokenFamily.objects.create(user=bob, **(family | fields))
    found = desk.list_of(TokenFamily, state=state).context["cl"].result_list
    assert [family.user_agent for family in found] == [state]


@pytest.mark.parametrize("count", [1, 12])
def test_the_list_of_sign_ins_takes_as_many_queries_however_long_it_is(
    desk: Desk, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for number in range(count):
        open_token_family(user=make_user(f"User{number}"))
    with django_assert_num_queries(4):
        desk.list_of(TokenFamily)
    family = TokenFamily.objects.first()
    assert family is not None
    desk.page_of(family)
    with django_assert_num_queries(3):
        assert family.current_jti not in desk.page_of(family).content.decode()


def test_sign_ins_are_not_edited_and_their_secrets_not_looked_for(desk: Desk, bob: User) -> None:
    open_token_family(user=bob)
    family = TokenFamily.objects.get()
    assert desk.client.post(desk.address(TokenFamily, family), {}).status_code == 403
    for lookup in ("current_jti__startswith", "user__password__startswith"):
        assert desk.list_of(TokenFamily, **{lookup: "x"}).status_code == 400


# The log


def test_the_log_says_who_did_what_to_whom_and_why(desk: Desk, bob: User) -> None:
    desk.act("suspend_users", bob, **suspension())
    page = desk.list_of(LogEntry, q="spam").content.decode()
    for words in ("staff@example.org", "bob@example.org", "Suspended: Spam."):
        assert words in page
    assert desk.list_of(LogEntry, q="other").context["cl"].result_count == 0
    entry = LogEntry.objects.get()
    assert desk.client.post(desk.address(LogEntry, entry), {}).status_code == 403
    assert desk.client.post(f"{desk.address(LogEntry)}{entry.pk}/delete/").status_code == 403


@pytest.mark.parametrize("count", [1, 12])
def test_the_log_takes_as_many_queries_however_long_it_is(
    desk: Desk, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for number in range(count):
        desk.act("suspend_users", make_user(f"User{number}"), **suspension())
    desk.list_of(LogEntry)
    with django_assert_num_queries(4):
        desk.list_of(LogEntry)
