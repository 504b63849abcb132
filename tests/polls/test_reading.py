"""Reading a poll, by its id and by the code people type."""

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from polls.models import Poll
from polls.services import close_poll, hide_poll
from tests.conftest import ClientFor, MakePoll, actor_of
from tests.polls.conftest import Response, poll_of, refusal_of

pytestmark = [pytest.mark.both, pytest.mark.django_db]

QueryLimit = Any


def with_code(poll: Poll, code: str) -> Poll:
    Poll.objects.filter(id=poll.id).update(join_code=code)
    poll.join_code = code
    return poll


def by_code(client_for: ClientFor, code: str, user: User | None = None) -> Response:
    return client_for(user).get(f"/api/polls/code/{code}")


def test_a_poll_is_read_by_id_and_by_code_alike(make_poll: MakePoll, client_for: ClientFor) -> None:
    poll = make_poll()
    by_id = client_for(None).get(f"/api/polls/{poll.id}")
    assert poll_of(by_id)["id"] == str(poll.id)
    assert set(by_id.json()) == {"poll"}
    assert by_code(client_for, poll.join_code).json() == by_id.json()


@pytest.mark.parametrize("address", ["/api/v1/polls/{}", "/api/polls/{}/", "/api/v1/polls/{}/"])
def test_a_poll_has_the_older_addresses_too(
    make_poll: MakePoll, client_for: ClientFor, address: str
) -> None:
    poll = make_poll()
    assert poll_of(client_for(None).get(address.format(poll.id)))["id"] == str(poll.id)


@pytest.mark.parametrize("word", ["vote", "my-vote", "results", "publish", "duplicate"])
def test_a_word_in_place_of_a_code_is_an_unknown_code(client_for: ClientFor, word: str) -> None:
    assert refusal_of(by_code(client_for, word)) == (404, "poll.not_found")


def test_reading_costs_two_queries(
    make_poll: MakePoll, client_for: ClientFor, django_assert_num_queries: QueryLimit
) -> None:
    poll, client = make_poll(), client_for(None)
    with django_assert_num_queries(2):
        client.get(f"/api/polls/{poll.id}")


def test_options_are_in_their_order(make_poll: MakePoll, client_for: ClientFor) -> None:
    poll = make_poll(options=["C", "A", "B"])
    shown = poll_of(client_for(None).get(f"/api/polls/{poll.id}"))
    assert [option["text"] for option in shown["options"]] == ["C", "A", "B"]


# What is not there, and what might as well not be


def test_drafts_and_hidden_polls_are_for_creator_and_staff(
    alice: User, bob: User, guest: User, staff: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    draft, hidden = make_poll(is_published=False), make_poll()
    hide_poll(actor=actor_of(staff), poll_id=hidden.id, reason="spam")
    for poll in (draft, hidden):
        for user in (alice, staff):
            assert poll_of(client_for(user).get(f"/api/polls/{poll.id}"))
            assert poll_of(by_code(client_for, poll.join_code, user))
        for stranger in (bob, guest, None):
            by_id = client_for(stranger).get(f"/api/polls/{poll.id}")
            missing = client_for(stranger).get(f"/api/polls/{uuid4()}")
            assert refusal_of(by_id) == (404, "poll.not_found")
            assert by_id.json() == missing.json()
            assert by_code(client_for, poll.join_code, stranger).json() == missing.json()


@pytest.mark.parametrize("address", ["/api/polls/1", "/api/polls/not-a-uuid", "/api/polls/{0}"])
def test_what_is_no_id_is_not_there(client_for: ClientFor, address: str) -> None:
    assert client_for(None).get(address).status_code == 404


# Codes as people type them


@pytest.mark.parametrize(
    "typed",
    [
        "482913",
        "482-913",
        "482%20913",
        "48-29-13",
        "%20482913%20",
        "4 8 2 9 1 3",
        "٤٨٢٩١٣",
        "४८२-९१३",
    ],
)
def test_a_code_may_be_grouped_and_in_any_script(
    make_poll: MakePoll, client_for: ClientFor, typed: str
) -> None:
    poll = with_code(make_poll(), "482913")
    assert poll_of(by_code(client_for, typed))["id"] == str(poll.id)


@pytest.mark.parametrize(
    "typed",
    [
        "482914",
        "48291",
        "4829131",
        "48291O",
        "-",
        "%00",
        "482913%00",
        "%ff",
        "%0A482913",
        "48291³",
        "9" * 5000,
        "482913'--",
    ],
    ids=lambda typed: ascii(typed)[:12],
)
def test_a_code_nobody_has_leads_nowhere(
    make_poll: MakePoll, client_for: ClientFor, typed: str
) -> None:
    with_code(make_poll(), "582913")
    assert refusal_of(by_code(client_for, typed)) == (404, "poll.not_found")


def closed(poll: Poll, alice: User) -> Poll:
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    return poll


def test_a_closed_poll_is_found_until_its_code_has_another(
    alice: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    first = closed(with_code(make_poll(), "482913"), alice)
    assert poll_of(by_code(client_for, "482913"))["id"] == str(first.id)
    second = with_code(make_poll(), "482913")
    assert poll_of(by_code(client_for, "482913"))["id"] == str(second.id)
    closed(second, alice)
    assert poll_of(by_code(client_for, "482913"))["id"] == str(second.id)


@pytest.mark.parametrize("state", ["draft", "hidden"])
def test_a_code_does_not_betray_what_may_not_be_seen(
    alice: User, bob: User, make_poll: MakePoll, client_for: ClientFor, state: str
) -> None:
    """It leads where it would if the draft, or the hidden poll, weren't there."""
    first = closed(with_code(make_poll(), "482913"), alice)
    second = with_code(make_poll(is_published=state != "draft"), "482913")
    if state == "hidden":
        Poll.objects.filter(id=second.id).update(hidden_at=timezone.now())
    assert poll_of(by_code(client_for, "482913", bob))["id"] == str(first.id)
    assert poll_of(by_code(client_for, "482913", alice))["id"] == str(second.id)
