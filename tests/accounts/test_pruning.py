"""Pruning deletes unused guests, and expired sign-ins and sessions."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from accounts import pruning
from accounts.guests import merge_guest
from accounts.models import EarlierAccount, TokenFamily, User
from accounts.pruning import prune_email_changes, prune_guests, prune_sessions, prune_sign_ins
from accounts.services import suspend_user
from accounts.sign_in import open_token_family
from apikit.ids import first_id_at, new_id
from apikit.pruning import BATCH_ROWS
from polls.abuse_reports import report_poll
from polls.models import AbuseReason, Poll
from polls.services import delete_poll
from tests.conftest import MakePoll, access_token, actor_of, finish_removals, vote
from tests.locks import threads

pytestmark = pytest.mark.django_db

KEPT = timedelta(days=90)


def id_at(moment: datetime) -> UUID:
    """An id created at ``moment``."""
    prefix_bits = 80
    rest = new_id().int % (1 << 62)
    return UUID(int=(first_id_at(moment).int >> prefix_bits << prefix_bits) | (0x7 << 76) | rest)


def make_guest(age: timedelta = KEPT + timedelta(hours=1), **fields: object) -> User:
    """A guest who was created so long ago, and was last seen then."""
    created_at = timezone.now() - age
    guest = User(
        id=id_at(created_at), name="Guest", is_guest=True, last_seen_at=created_at, **fields
    )
    guest.save(force_insert=True)
    User.objects.filter(id=guest.id).update(created_at=created_at)
    return guest


def prune() -> int:
    """Runs a whole pass; returns how many guests were deleted."""
    deleted, position = 0, ""
    while True:
        batch = prune_guests(position)
        deleted += batch.deleted
        if batch.position is None:
            return deleted
        position = batch.position


def exists(guest: User) -> bool:
    return User.objects.filter(id=guest.id).exists()


@pytest.mark.both
def test_an_unused_guest_is_deleted_with_its_sign_ins() -> None:
    guest = make_guest()
    open_token_family(user=guest)
    TokenFamily.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    User.objects.filter(id=guest.id).update(last_seen_at=guest.last_seen_at)
    assert prune() == 1
    assert not exists(guest)
    assert not TokenFamily.objects.exists()


def test_a_guest_never_seen_again_counts_from_its_creation() -> None:
    old, young = make_guest(), make_guest(KEPT - timedelta(hours=1))
    User.objects.update(last_seen_at=None)
    assert prune() == 1
    assert (exists(old), exists(young)) == (False, True)


def test_the_time_is_a_setting(settings: Settings) -> None:
    guest = make_guest()
    settings.GUEST_KEPT_DAYS = 91
    assert prune() == 0
    settings.GUEST_KEPT_DAYS = 89
    assert prune() == 1
    assert not exists(guest)


def test_a_guest_seen_recently_is_kept() -> None:
    guest = make_guest()
    User.objects.filter(id=guest.id).update(last_seen_at=timezone.now() - timedelta(days=89))
    assert prune() == 0


def test_a_guest_with_valid_tokens_is_kept() -> None:
    guest = make_guest()
    open_token_family(user=guest)
    User.objects.filter(id=guest.id).update(last_seen_at=guest.last_seen_at)
    assert prune() == 0
    TokenFamily.objects.update(revoked_at=timezone.now())
    assert prune() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.both
@pytest.mark.parametrize("is_closed", [False, True])
def test_a_guest_with_a_vote_is_kept_until_the_poll_is_deleted(
    alice: User, make_poll: MakePoll, *, is_closed: bool
) -> None:
    poll, guest = make_poll(), make_guest()
    vote(guest, poll, 0)
    if is_closed:
        Poll.objects.filter(id=poll.id).update(closed_at=timezone.now())
    assert prune() == 0
    delete_poll(actor=actor_of(alice), poll_id=poll.id)
    assert prune() == 0
    finish_removals()
    assert prune() == 1


def test_a_guest_who_reported_a_poll_is_kept(make_poll: MakePoll) -> None:
    guest = make_guest()
    report_poll(actor=actor_of(guest), poll_id=make_poll().id, reason=AbuseReason.SPAM)
    assert prune() == 0


@pytest.mark.both
def test_a_merged_guest_is_kept(alice: User) -> None:
    guest = make_guest()
    merge_guest(guest_id=guest.id, account_id=alice.id)
    assert prune() == 0


def test_a_guest_merged_into_an_earlier_account_is_kept(alice: User, bob: User) -> None:
    guest = make_guest()
    EarlierAccount.objects.create(guest=guest, account=alice)
    merge_guest(guest_id=guest.id, account_id=bob.id)
    bob.delete()
    assert User.objects.get(id=guest.id).merged_into is None
    assert prune() == 0


def test_a_suspended_guest_is_kept(staff: User) -> None:
    guest = make_guest()
    suspend_user(actor=actor_of(staff), user_id=guest.id, reason="spam")
    assert prune() == 0


def test_accounts_are_kept(alice: User) -> None:
    long_ago = timezone.now() - timedelta(days=4000)
    old = User(id=id_at(long_ago), name="Old", email="old@example.org", last_seen_at=long_ago)
    old.save(force_insert=True)
    User.objects.update(created_at=long_ago)
    assert prune() == 0
    assert exists(old)


@pytest.mark.django_db(transaction=True)
def test_a_pass_takes_several_batches(make_poll: MakePoll) -> None:
    poll = make_poll()
    guests = [make_guest() for _ in range(BATCH_ROWS + 3)]
    vote(guests[0], poll, 0)
    first = prune_guests("")
    assert first.deleted <= BATCH_ROWS
    assert first.position is not None
    assert first.deleted + prune_guests(first.position).deleted == BATCH_ROWS + 2
    assert [exists(guest) for guest in guests].count(True) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.both
def test_a_guest_who_votes_in_the_meantime_is_kept(
    make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the guests are selected, and before they are locked."""
    poll, guest, other = make_poll(), make_guest(), make_guest()
    delete = pruning._delete_guests

    def vote_before(ids: list[UUID], unseen_since: datetime) -> int:
        assert guest.id in ids
        vote(guest, poll, 0)
        return delete(ids, unseen_since)

    monkeypatch.setattr(pruning, "_delete_guests", vote_before)
    assert prune() == 1
    assert (exists(guest), exists(other)) == (True, False)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_locked_guest_is_left_for_the_next_pass() -> None:
    """The ledger locks voters, and a merge locks its guest."""
    guest, other = make_guest(), make_guest()
    with threads() as run, transaction.atomic():
        User.objects.select_for_update(no_key=True).get(id=guest.id)
        # It would wait forever.
        assert run(prune).result(20) == 1
    assert (exists(guest), exists(other)) == (True, False)


@pytest.mark.both
def test_sign_ins_are_deleted_some_time_after_they_ended(alice: User, settings: Settings) -> None:
    settings.SIGN_IN_KEPT_DAYS = 3
    for age in (timedelta(days=3, seconds=1), timedelta(days=2), -timedelta(days=1)):
        access_token(alice)
        newest = TokenFamily.objects.latest("id")
        TokenFamily.objects.filter(id=newest.id).update(expires_at=timezone.now() - age)
    assert prune_sign_ins("").deleted == 1
    assert TokenFamily.objects.count() == 2


@pytest.mark.both
def test_expired_sessions_are_deleted() -> None:
    now = timezone.now()
    for key, expire_date in (("old", now - timedelta(1)), ("young", now + timedelta(1))):
        Session.objects.create(session_key=key, session_data="", expire_date=expire_date)
    assert prune_sessions("").deleted == 1
    assert Session.objects.get().session_key == "young"


@pytest.mark.both
def test_unconfirmed_email_addresses_are_cleared(alice: User, bob: User) -> None:
    User.objects.update(pending_email="new@example.org")
    User.objects.filter(id=alice.id).update(updated_at=timezone.now() - timedelta(hours=25))
    User.objects.filter(id=bob.id).update(updated_at=timezone.now() - timedelta(hours=23))
    assert prune_email_changes("").deleted == 1
    alice.refresh_from_db()
    bob.refresh_from_db()
    assert (alice.pending_email, bob.pending_email) == ("", "new@example.org")


def test_every_foreign_key_to_users_is_considered() -> None:
    """A new model either keeps guests (``hooks.guest_anchors``) or is deleted with them."""
    anchors = {
        "votes.Vote.user",
        "polls.Poll.creator",
        "polls.AbuseReport.reporter",
        "polls.Suggestion.author",
        "chat.Message.author",
        # Those who joined, or were banned.
        "chat.Membership.user",
    }
    conditions_of_their_own = {"accounts.User.merged_into", "accounts.EarlierAccount.guest"}
    of_accounts_only = {
        "accounts.EarlierAccount.account",
        "workspaces.Member.user",
        "webhooks.Webhook.owner",
        "polls.Picture.owner",
    }
    goes_with_the_guest = {"accounts.TokenFamily.user", "admin.LogEntry.user"}
    related = {
        f"{each.related_model._meta.label}.{each.field.name}" for each in User._meta.related_objects
    }
    assert related == (anchors | conditions_of_their_own | of_accounts_only | goes_with_the_guest)
