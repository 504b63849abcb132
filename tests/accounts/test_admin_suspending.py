"""Suspending, restoring and deleting users in the admin."""

import pytest
from django.contrib.admin.models import DELETION, LogEntry

from accounts.models import User
from accounts.services import check_may_moderate
from accounts.sign_in import open_token_family
from apikit.errors import ForbiddenError
from polls.models import Poll
from tests.conftest import (
    ClientFor,
    MakePoll,
    actor_of,
    finish_removals,
    make_user,
    option_ids,
    vote,
)
from tests.moderation_client import ModerationClient, log_of, messages_of, suspension
from tests.votes.conftest import counts
from votes.models import Vote
from votes.recount import find_mismatches

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def moderator(staff: User) -> ModerationClient:
    return ModerationClient(staff)


def test_suspending_asks_for_a_reason_and_whether_to_remove_the_votes(
    moderator: ModerationClient, make_poll: MakePoll, bob: User
) -> None:
    vote(bob, make_poll(), 0)
    page = moderator.act("suspend_users", bob).content.decode()
    assert "account, 0 messages, 0 polls, 0 projects, 1 votes" in page
    for fields in ({"reason": "", "votes": "stand"}, {"reason": "Spam."}, suspension("eat")):
        assert "errornote" in moderator.act("suspend_users", bob, **fields).content.decode()
    assert User.objects.get(id=bob.id).is_active


def test_suspending_revokes_tokens_and_keeps_votes(
    moderator: ModerationClient, make_poll: MakePoll, bob: User, client_for: ClientFor
) -> None:
    poll = make_poll()
    vote(bob, poll, 0)
    client = client_for(bob)
    tokens = open_token_family(user=bob)
    assert client.get("/api/auth/me").status_code == 200
    response = moderator.act("suspend_users", bob, **suspension())
    assert messages_of(response) == ["1 user: suspended."]
    refused = client.get("/api/auth/me")
    assert (refused.status_code, refused.json()["code"]) == (401, "account.suspended")
    refresh = client_for(None).post("/api/auth/refresh", {"refreshToken": tokens.refresh})
    assert refresh.status_code == 401
    assert counts(poll) == [1, 0, 0]
    assert User.objects.get(id=bob.id).suspended_reason == "Spam."
    assert log_of(bob) == ["Suspended: Spam."]


def test_suspending_can_remove_the_votes_and_corrects_the_tallies(
    moderator: ModerationClient,
    make_poll: MakePoll,
    bob: User,
    charlie: User,
    client_for: ClientFor,
) -> None:
    polls = [make_poll(), make_poll()]
    for poll in polls:
        vote(bob, poll, 0)
        vote(charlie, poll, 1)
    moderator.act("close_polls", polls[1])
    client = client_for(bob)
    moderator.act("suspend_users", bob, **suspension("withdraw"))
    body = {"pollOptionId": str(option_ids(polls[0])[0])}
    assert client.post(f"/api/polls/{polls[0].id}/vote", body).status_code == 401
    assert [counts(poll) for poll in polls] == [[0, 1, 0], [0, 1, 0]]
    assert {poll.ballot_count for poll in Poll.objects.all()} == {1}
    assert list(find_mismatches()) == []
    assert log_of(bob) == ["Suspended, votes and messages removed: Spam."]


def test_a_restored_user_can_sign_in(
    moderator: ModerationClient, bob: User, client_for: ClientFor
) -> None:
    moderator.act("suspend_users", bob, **suspension())
    assert messages_of(moderator.act("restore_users", bob)) == ["1 user: restored."]
    assert client_for(bob).get("/api/auth/me").status_code == 200
    assert messages_of(moderator.act("restore_users", bob))[0].startswith("Nothing to change")
    assert log_of(bob) == ["Suspended: Spam.", "Restored."]


@pytest.mark.parametrize("action", ["suspend_users", "delete_selected"])
@pytest.mark.parametrize("whom", ["staff", "superuser", "other"])
def test_staff_cannot_suspend_staff_or_themselves(
    moderator: ModerationClient, staff: User, superuser: User, action: str, whom: str
) -> None:
    user = {"staff": staff, "superuser": superuser}.get(whom) or make_user("Other", is_staff=True)
    response = moderator.act(action, user, **suspension())
    assert "“" in messages_of(response)[0]
    assert User.objects.get(id=user.id).is_active
    assert log_of() == []


def test_superusers_can_suspend_staff(superuser: User, staff: User) -> None:
    moderator = ModerationClient(superuser)
    assert messages_of(moderator.act("suspend_users", staff, **suspension())) == [
        "1 user: suspended."
    ]
    assert messages_of(moderator.act("delete_selected", staff, reason="x")) == ["1 user: deleted."]


def test_deleting_a_user_corrects_the_tallies(
    moderator: ModerationClient, make_poll: MakePoll, alice: User, bob: User, charlie: User
) -> None:
    poll = make_poll()
    vote(bob, poll, 0)
    vote(charlie, poll, 1)
    assert "0 polls, 0 projects, 1 votes" in moderator.act("delete_selected", bob).content.decode()
    assert messages_of(moderator.act("delete_selected", bob, reason="Asked to.")) == [
        "1 user: deleted."
    ]
    assert counts(poll) == [0, 1, 0]
    assert list(find_mismatches()) == []
    entry = LogEntry.objects.get()
    assert (entry.action_flag, entry.object_id) == (DELETION, str(bob.id))
    assert entry.change_message == "Deleted: Asked to."
    # alice's polls are deleted with her.
    moderator.act("delete_selected", alice, reason="Asked to.")
    assert not Poll.objects.exists()
    finish_removals()
    assert not Vote.objects.exists()


def test_the_delete_button_runs_the_same_action(
    moderator: ModerationClient, make_poll: MakePoll, bob: User, staff: User
) -> None:
    poll = make_poll()
    vote(bob, poll, 0)
    address = f"{moderator.address(User)}{bob.id}/delete/"
    assert moderator.client.post(address, {"post": "yes"}).status_code == 200
    assert User.objects.filter(id=bob.id).exists()
    moderator.client.post(address, {"_confirmed": "1", "reason": "x"})
    assert not User.objects.filter(id=bob.id).exists()
    assert counts(poll) == [0, 0, 0]
    own = f"{moderator.address(User)}{staff.id}/delete/"
    assert moderator.client.get(own).status_code == 403


def test_a_user_who_acted_as_staff_cannot_be_deleted(
    superuser: User, moderator: ModerationClient, staff: User, bob: User
) -> None:
    moderator.act("suspend_users", bob, **suspension())
    response = ModerationClient(superuser).act("delete_selected", staff, reason="left")
    assert "the log must be kept" in messages_of(response)[0]
    kept = User.objects.get(id=staff.id)
    assert kept.is_active
    assert log_of(bob) == ["Suspended: Spam."]


def test_a_superuser_cannot_suspend_themselves() -> None:
    root = make_user("Root", is_staff=True, is_superuser=True)
    with pytest.raises(ForbiddenError):
        check_may_moderate(actor_of(root), root)
