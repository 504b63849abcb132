"""Options that participants add, and what refuses them."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection

from accounts.errors import AccountSuspendedError
from accounts.guests import merge_guest
from accounts.models import User
from apikit.errors import ApiError, TooManyRequestsError, ValidationFailedError
from polls import suggestions
from polls.editing import update_poll
from polls.errors import (
    OptionExistsError,
    OptionsNotTakenError,
    PollClosedError,
    PollNotFoundError,
    PollNotOpenError,
    TooManyOptionsError,
    TooManyOwnOptionsError,
)
from polls.events import PollUpdate, VoteUpdate
from polls.host_models import Suggestion
from polls.models import MAX_OPTIONS, Option, Poll
from polls.services import close_poll, delete_poll, duplicate_poll, hide_poll
from tests.conftest import ClientFor, actor_of, finish_removals, make_user, option_ids
from tests.polls.conftest import PublishedEvents, refusal_of
from tests.polls.hosting import (
    APPROVAL,
    OPEN,
    ask,
    choose,
    positions,
    settle,
    shown,
    suggest,
    waiting,
)
from votes.recount import find_mismatches
from votes.services import withdraw_votes_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_option_of_a_participant_is_shown_at_once_and_can_be_chosen(
    alice: User, guest: User, events: PublishedEvents
) -> None:
    poll = ask(alice, "single", participant_options=OPEN)
    choose(alice, poll, option_ids(poll)[0])
    events.clear()
    added = suggest(guest, poll, "  C  ")
    choose(guest, poll, added)
    assert shown(poll) == {"A": 1, "B": 0, "C": 1}
    assert positions(poll) == [0, 1, 2]
    [head] = [event for _, event in events if isinstance(event, PollUpdate)]
    assert head.poll is not None
    assert (head.revision, head.change) == (2, "edited")
    assert [option.text for option in head.poll.options] == ["A", "B", "C"]
    assert [option.added_at is None for option in head.poll.options] == [True, True, False]
    [tally] = events.tallies()
    assert [option.text for option in tally.poll.options] == ["A", "B", "C"]
    assert list(find_mismatches()) == []


def test_an_option_that_needs_approval_waits_for_the_host(
    alice: User, bob: User, charlie: User, events: PublishedEvents
) -> None:
    poll = ask(alice, "multiple", participant_options=APPROVAL)
    waits = suggest(bob, poll, "C")
    assert (shown(poll), waiting(poll)) == ({"A": 0, "B": 0}, ["C"])
    assert not [event for _, event in events if isinstance(event, PollUpdate | VoteUpdate)]
    own = suggestions.list_own_suggestions
    assert [each.text for each in own(actor_of(bob), poll.id)] == ["C"]
    assert own(actor_of(charlie), poll.id) == []
    assert settle(alice, poll, "approve", suggestion_id=waits)
    assert (shown(poll), waiting(poll)) == ({"A": 0, "B": 0, "C": 0}, [])
    # The author finds it under the id of the suggestion.
    assert Option.objects.get(id=waits).added_by_id == bob.id
    choose(charlie, poll, waits)
    assert shown(poll)["C"] == 1


def test_a_refused_option_is_gone(alice: User, bob: User) -> None:
    poll = ask(alice, "questions", {"needsApproval": True})
    settle(alice, poll, "refuse", suggestion_id=suggest(bob, poll, "Why?"))
    assert (shown(poll), waiting(poll)) == ({}, [])


def test_what_hosts_add_needs_no_approval(alice: User) -> None:
    poll = ask(alice, "questions", {"needsApproval": True})
    suggest(alice, poll, "Why?")
    assert shown(poll) == {"Why?": 0}


def test_all_options_of_participants_can_be_chosen_by_default(alice: User, bob: User) -> None:
    poll = ask(alice, "multiple", participant_options=OPEN)
    added = suggest(bob, poll, "C")
    choose(bob, poll, *option_ids(poll))
    assert shown(poll) == {"A": 1, "B": 1, "C": 1}
    # Also after an edit that does not mention them.
    update_poll(actor=actor_of(alice), poll_id=poll.id, changes={"question": "And now?"})
    assert added in option_ids(poll)
    assert Poll.objects.get(id=poll.id).max_choices == MAX_OPTIONS


def test_participants_can_be_allowed_and_forbidden_to_add_while_people_vote(
    alice: User, bob: User, client_for: ClientFor
) -> None:
    poll = ask(alice, "single")
    choose(bob, poll, option_ids(poll)[0])
    with pytest.raises(OptionsNotTakenError):
        suggest(bob, poll, "C")
    url = f"/api/polls/{poll.id}"
    answer = client_for(alice).patch(url, {"participantOptions": "open"})
    assert answer.json()["poll"]["participantOptions"] == "open"
    suggest(bob, poll, "C")
    client_for(alice).patch(url, {"participantOptions": "none"})
    with pytest.raises(OptionsNotTakenError):
        suggest(bob, poll, "D")
    assert shown(poll) == {"A": 1, "B": 0, "C": 0}


@pytest.mark.parametrize("kind", ["numeric", "questions", "ranking"])
def test_only_choices_have_the_setting(alice: User, client_for: ClientFor, kind: str) -> None:
    options = ["A", "B"] if kind == "ranking" else []
    body: dict[str, object] = {
        "question": "What?",
        "kind": kind,
        "options": options,
        "participantOptions": "open",
    }
    if kind == "numeric":
        body["settings"] = {"min": 0, "max": 10}
    answer = client_for(alice).post("/api/polls", body)
    assert [each["field"] for each in answer.json()["errors"]] == ["participantOptions"]


def test_a_duplicate_keeps_the_setting(alice: User) -> None:
    poll = ask(alice, "single", participant_options=APPROVAL)
    copy = duplicate_poll(actor=actor_of(alice), poll_id=poll.id)
    assert copy.participant_options == APPROVAL


def test_another_kind_drops_setting_and_suggestions(alice: User, bob: User) -> None:
    poll = ask(alice, "single", participant_options=APPROVAL)
    suggest(bob, poll, "C")
    update_poll(actor=actor_of(alice), poll_id=poll.id, changes={"kind": "ranking"})
    assert Poll.objects.get(id=poll.id).participant_options == "none"
    assert waiting(poll) == []


@pytest.mark.parametrize("text", ["", "  ", "\u200b", "a\x00b", "two\nlines", "x" * 201])
def test_texts_that_no_option_can_have_are_refused(alice: User, bob: User, text: str) -> None:
    poll = ask(alice, "questions")
    with pytest.raises(ValidationFailedError) as refusal:
        suggest(bob, poll, text)
    assert [each.field for each in refusal.value.errors] == ["text"]
    assert shown(poll) == {}


def test_texts_that_look_like_another_option_are_refused(alice: User, bob: User) -> None:
    poll = ask(alice, "single", participant_options=APPROVAL)
    suggest(bob, poll, "Water")
    for text in ("a", " A ", "Ａ", "WATER"):
        with pytest.raises(OptionExistsError):
            suggest(bob, poll, text)


def test_nobody_learns_what_others_have_suggested(alice: User, bob: User, charlie: User) -> None:
    """A refusal would say that somebody else has sent the same."""
    poll = ask(alice, "questions", {"needsApproval": True})
    suggest(bob, poll, "Why?")
    second = suggest(charlie, poll, "why?")
    settle(alice, poll, "approve", suggestion_id=second)
    assert (shown(poll), waiting(poll)) == ({"why?": 0}, [])


def test_a_removed_option_cannot_be_added_again(alice: User, bob: User, charlie: User) -> None:
    poll = ask(alice, "questions")
    settle(alice, poll, "remove", option_id=suggest(bob, poll, "Why?"))
    with pytest.raises(OptionExistsError):
        suggest(charlie, poll, "Why?")


def test_polls_that_take_no_votes_take_no_options(alice: User, bob: User, staff: User) -> None:
    closed, hidden = ask(alice, "questions"), ask(alice, "questions")
    draft = ask(alice, "questions", is_published=False)
    close_poll(actor=actor_of(alice), poll_id=closed.id)
    hide_poll(actor=actor_of(staff), poll_id=hidden.id, reason="spam")
    refusals: dict[Poll, type[ApiError]] = {
        closed: PollClosedError,
        hidden: PollNotFoundError,
        draft: PollNotFoundError,
    }
    for poll, refusal in refusals.items():
        with pytest.raises(refusal):
            suggest(bob, poll, "Why?")
    with pytest.raises(PollNotOpenError):
        suggest(alice, draft, "Why?")


def test_a_suspended_person_adds_nothing(alice: User, bob: User) -> None:
    poll, actor = ask(alice, "questions"), actor_of(bob)
    User.objects.filter(id=bob.id).update(is_active=False)
    with pytest.raises(AccountSuspendedError):
        suggestions.suggest_option(actor=actor, poll_id=poll.id, text="Why?")


@pytest.mark.both
def test_a_poll_has_exactly_as_many_options_as_it_can_have(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when several add the last one at once."""
    poll = ask(alice, "questions")
    Option.objects.bulk_create(
        Option(poll=poll, text=f"Option {number}", position=number)
        for number in range(MAX_OPTIONS - 2)
    )
    people = [make_user(f"Voter{number}") for number in range(4)]

    def add(number: int) -> str:
        try:
            suggest(people[number], poll, f"Question {number}")
        except TooManyOptionsError:
            return "refused"
        finally:
            connection.close()
        return "added"

    with ThreadPoolExecutor(len(people)) as threads:
        outcomes = sorted(threads.map(add, range(len(people))))
    assert outcomes == ["added", "added", "refused", "refused"]
    assert positions(poll) == list(range(MAX_OPTIONS))


def test_one_person_cannot_fill_a_poll_or_the_list_of_its_host(
    alice: User, bob: User, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suggestions, "MAX_WAITING_PER_PERSON", 2)
    monkeypatch.setattr(suggestions, "MAX_PER_PERSON", 3)
    monkeypatch.setattr(suggestions, "MAX_WAITING", 3)
    held, free = ask(alice, "questions", {"needsApproval": True}), ask(alice, "questions")
    for number in range(2):
        first = suggest(bob, held, f"Question {number}")
    with pytest.raises(TooManyOwnOptionsError):
        suggest(bob, held, "One more")
    settle(alice, held, "approve", suggestion_id=first)
    suggest(bob, held, "One more")
    suggest(charlie, held, "Mine")
    with pytest.raises(TooManyOptionsError):
        suggest(charlie, held, "Another one of mine")
    for number in range(3):
        suggest(bob, free, f"Question {number}")
    with pytest.raises(TooManyOwnOptionsError):
        suggest(bob, free, "One more")


def test_additions_are_limited_by_the_minute(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suggestions, "ADDITIONS_PER_MINUTE", 1)
    suggest(bob, ask(alice, "questions"), "Why?")
    with pytest.raises(TooManyRequestsError):
        suggest(bob, ask(alice, "questions"), "Why?")


def test_a_request_that_is_repeated_under_its_key_adds_one_option(
    alice: User, bob: User, client_for: ClientFor
) -> None:
    poll, client = ask(alice, "questions"), client_for(bob)
    add = partial(client.post, f"/api/polls/{poll.id}/options", {"text": "Why?"})
    first, again = add(headers={"Idempotency-Key": "1"}), add(headers={"Idempotency-Key": "1"})
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert first.json()["state"] == "shown"
    assert first.json()["option"]["text"] == "Why?"
    assert shown(poll) == {"Why?": 0}
    assert refusal_of(add()) == (409, "option.exists")


def test_the_options_of_a_guest_become_those_of_its_account(
    alice: User, bob: User, guest: User
) -> None:
    poll = ask(alice, "questions", {"needsApproval": True})
    waits, approved = suggest(guest, poll, "Why?"), suggest(guest, poll, "How?")
    settle(alice, poll, "approve", suggestion_id=approved)
    merge_guest(guest_id=guest.id, account_id=bob.id)
    assert Suggestion.objects.get(id=waits).author_id == bob.id
    assert Option.objects.get(id=approved).added_by_id == bob.id
    # What the device sends afterwards is the account's as well.
    assert Suggestion.objects.get(id=suggest(guest, poll, "When?")).author_id == bob.id


def test_withdrawing_the_votes_of_a_person_removes_what_only_they_wanted(
    alice: User, bob: User, charlie: User
) -> None:
    poll = ask(alice, "questions")
    own, wanted = suggest(bob, poll, "Buy my tea!"), suggest(bob, poll, "Why?")
    removed = suggest(bob, poll, "Buy it!")
    choose(bob, poll, own, wanted)
    choose(charlie, poll, wanted)
    settle(alice, poll, "remove", option_id=removed)
    withdraw_votes_of(bob.id)
    assert shown(poll) == {"Why?": 1}
    assert Poll.objects.get(id=poll.id).removed_option_count == 0
    assert list(find_mismatches()) == []


def test_a_deleted_poll_takes_suggestions_decisions_and_removed_options_with_it(
    alice: User, bob: User
) -> None:
    poll = ask(alice, "questions", {"needsApproval": True})
    suggest(bob, poll, "Why?")
    gone = suggest(alice, poll, "How?")
    choose(bob, poll, gone)
    settle(alice, poll, "remove", option_id=gone)
    delete_poll(actor=actor_of(alice), poll_id=poll.id)
    finish_removals()
    assert not Suggestion.objects.exists()
    assert not Option.with_removed.exists()
