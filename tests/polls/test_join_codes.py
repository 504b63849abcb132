"""Join codes: easy to say, and never two living polls with the same."""

import secrets
from itertools import count
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from polls import join_codes
from polls.join_codes import LONGEST, SHORTEST, free_join_code
from polls.models import Poll, PollState
from polls.services import close_poll
from tests.conftest import ClientFor, MakePoll, actor_of
from tests.polls.conftest import Ask, poll_of

pytestmark = [pytest.mark.both, pytest.mark.django_db]


def give_code(poll: Poll, code: str) -> Poll:
    Poll.objects.filter(id=poll.id).update(join_code=code)
    return poll


def test_a_code_is_short_and_has_no_digit_that_reads_as_a_letter(ask: Ask) -> None:
    for _ in range(20):
        code = poll_of(ask())["joinCode"]
        assert len(code) == SHORTEST
        assert set(code) <= set("123456789")


def test_a_poll_keeps_its_code_as_long_as_nobody_else_needs_it(
    alice: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    client, poll = client_for(alice), make_poll(is_published=False)
    for change in ("publish", "close", "reopen"):
        shown = poll_of(client.put(f"/api/polls/{poll.id}/{change}"))
        assert shown["joinCode"] == poll.join_code


@pytest.mark.parametrize("state", [PollState.DRAFT, PollState.OPEN])
def test_the_code_of_an_active_poll_is_not_reused(
    make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch, state: PollState
) -> None:
    monkeypatch.setattr(join_codes, "DIGITS", "1")
    give_code(make_poll(is_published=state == PollState.OPEN), "1" * SHORTEST)
    assert free_join_code() == "1" * (SHORTEST + 1)


def test_the_code_of_a_closed_poll_can_be_reused(
    alice: User, make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll = make_poll()
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    give_code(poll, "1" * SHORTEST)
    monkeypatch.setattr(join_codes, "DIGITS", "1")
    assert make_poll().join_code == "1" * SHORTEST


def test_codes_grow_as_the_short_ones_are_used_up(
    make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(join_codes, "DIGITS", "1")
    codes = [make_poll().join_code for _ in range(3)]
    assert [len(code) for code in codes] == [SHORTEST, SHORTEST + 1, SHORTEST + 2]


def test_the_longest_code_fits_its_column(
    make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Poll._meta.get_field("join_code").max_length == LONGEST
    monkeypatch.setattr(join_codes, "DIGITS", "1")
    monkeypatch.setattr(join_codes, "SHORTEST", LONGEST)
    make_poll()
    with pytest.raises(RuntimeError):
        free_join_code()


# Reopening a poll whose code another one has by now


@pytest.mark.parametrize("is_published", [True, False])
def test_a_poll_reopened_under_a_taken_code_gets_a_new_one(
    alice: User, make_poll: MakePoll, client_for: ClientFor, is_published: bool
) -> None:
    client, poll = client_for(alice), make_poll()
    client.put(f"/api/polls/{poll.id}/close")
    taker = give_code(make_poll(is_published=is_published), poll.join_code)
    shown = poll_of(client.put(f"/api/polls/{poll.id}/reopen"))
    assert (shown["state"], len(shown["joinCode"])) == ("open", SHORTEST)
    assert shown["joinCode"] != poll.join_code
    taker.refresh_from_db()
    assert taker.join_code == poll.join_code


# Between looking for a free code and saving it, somebody else may take it: the database refuses.


def test_the_database_refuses_two_active_polls_with_one_code(make_poll: MakePoll) -> None:
    first, second = make_poll(), make_poll()
    with pytest.raises(IntegrityError), transaction.atomic():
        give_code(second, first.join_code)


def look_too_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on, the first look at whether a code is taken comes a moment before it is."""
    looks, is_taken = count(), join_codes.is_taken

    def look(code: str, *, except_by: UUID | None = None) -> bool:
        return next(looks) > 0 and is_taken(code, except_by=except_by)

    monkeypatch.setattr("polls.join_codes.is_taken", look)
    monkeypatch.setattr("polls.saving.is_taken", look)


def test_a_code_taken_at_the_same_moment_is_not_given_twice(
    make_poll: MakePoll, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_code(make_poll(), "1" * SHORTEST)
    digits = iter("1" * SHORTEST + "2" * SHORTEST)
    monkeypatch.setattr(secrets, "choice", lambda _digits: next(digits))
    look_too_early(monkeypatch)
    assert poll_of(ask())["joinCode"] == "2" * SHORTEST


def test_a_code_taken_at_the_moment_of_reopening_is_not_used_twice(
    alice: User, make_poll: MakePoll, client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, poll = client_for(alice), make_poll()
    client.put(f"/api/polls/{poll.id}/close")
    give_code(make_poll(), poll.join_code)
    look_too_early(monkeypatch)
    shown = poll_of(client.put(f"/api/polls/{poll.id}/reopen"))
    assert shown["joinCode"] != poll.join_code


def test_other_integrity_errors_are_raised(
    make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Single choice with two choices is against a constraint.
    monkeypatch.setattr("polls.new_polls.settle_max_choices", lambda *_: 2)
    with pytest.raises(IntegrityError):
        make_poll()
