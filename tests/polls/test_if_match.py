"""``ETag`` and ``If-Match``: nobody overwrites what they have not read."""

import pytest

from accounts.models import User
from polls.models import Poll
from tests.conftest import ClientFor, MakePoll, vote
from tests.polls.conftest import Response, poll_of, refusal_of

# More digits than Python turns into a number.
ENDLESS = '"' + "9" * 5000 + '"'


def edit(client: ClientFor, user: User, poll: Poll, *, if_match: str | None) -> Response:
    headers = {} if if_match is None else {"If-Match": if_match}
    body = {"question": "Milk or sugar?"}
    return client(user).patch(f"/api/polls/{poll.id}", body, headers=headers)


def test_every_response_with_a_poll_has_its_etag(
    alice: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    client, poll = client_for(alice), make_poll(is_published=False)
    address = f"/api/polls/{poll.id}"
    responses = [
        client.get(address),
        client.get(f"/api/polls/code/{poll.join_code}"),
        client.patch(address, {"allowChange": True}),
        client.put(f"{address}/publish"),
        client.put(f"{address}/close"),
        client.put(f"{address}/close"),
        client.put(f"{address}/reopen"),
        client.get(address),
    ]
    tags = [response.headers["ETag"] for response in responses]
    assert tags == ['"1"', '"1"', '"2"', '"3"', '"4"', '"4"', '"5"', '"5"']


def test_a_new_poll_has_a_tag(alice: User, client_for: ClientFor) -> None:
    body = {"question": "Tea or coffee?", "options": ["Tea", "Coffee"]}
    assert client_for(alice).post("/api/polls", body).headers["ETag"] == '"1"'


@pytest.mark.parametrize(
    "if_match",
    [
        *(None, "*", ' "2" ', '"2"', '"1", "2"', '"old","2"', f'{ENDLESS}, "2"'),
        *('W/"2"', '"1", W/"2"', '"2-gzip"', 'W/"2;gzip"', '"2-br"'),
    ],
)
def test_a_matching_etag_allows_the_change(
    alice: User, make_poll: MakePoll, client_for: ClientFor, if_match: str | None
) -> None:
    poll = make_poll()
    Poll.objects.update(revision=2)
    response = edit(client_for, alice, poll, if_match=if_match)
    assert poll_of(response)["question"] == "Milk or sugar?"
    assert response.headers["ETag"] == '"3"'


@pytest.mark.parametrize(
    "if_match",
    [
        '"1"',
        '"3"',
        '"1", "3"',
        'W/"1"',
        'w/"2"',
        '"2-zip"',
        "2",
        '"02"',
        '"٢"',
        '"2.0"',
        '""',
        "",
        "x",
        ENDLESS,
    ],
    ids=lambda if_match: if_match[:8] or "nothing",
)
def test_an_outdated_etag_refuses_the_change(
    alice: User, make_poll: MakePoll, client_for: ClientFor, if_match: str
) -> None:
    poll = make_poll()
    Poll.objects.update(revision=2)
    if_match = if_match.encode().decode("latin-1")  # as it comes over the wire
    assert refusal_of(edit(client_for, alice, poll, if_match=if_match)) == (
        412,
        "precondition_failed",
    )
    poll.refresh_from_db()
    assert (poll.question, poll.revision) == ("Tea or coffee?", 2)


def test_put_honours_if_match(alice: User, make_poll: MakePoll, client_for: ClientFor) -> None:
    address, headers = f"/api/polls/{make_poll().id}", {"If-Match": '"1"'}
    client = client_for(alice)
    statuses = [
        client.put(address, {"question": question}, headers=headers).status_code
        for question in ("First?", "Second?")
    ]
    assert statuses == [200, 412]
    assert Poll.objects.get().question == "First?"


@pytest.mark.parametrize(
    ("method", "path", "is_published"),
    [
        *(("put", "/publish", False), ("put", "/close", True), ("put", "/reopen", True)),
        ("delete", "", True),
    ],
)
def test_state_changes_and_deletion_honour_if_match(
    alice: User,
    make_poll: MakePoll,
    client_for: ClientFor,
    method: str,
    path: str,
    is_published: bool,
) -> None:
    poll = make_poll(is_published=is_published)
    Poll.objects.update(revision=2)
    before = Poll.objects.get()
    send = getattr(client_for(alice), method)
    address = f"/api/polls/{poll.id}{path}"
    refused = send(address, headers={"If-Match": 'W/"1"'})
    assert refusal_of(refused) == (412, "precondition_failed")
    after = Poll.objects.get()
    assert (after.state, after.revision) == (before.state, 2)
    assert send(address, headers={"If-Match": 'W/"2"'}).status_code == 200


def test_a_stranger_learns_no_revision_by_guessing(
    bob: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    draft = make_poll(is_published=False)
    responses = [edit(client_for, bob, draft, if_match=tag) for tag in ('"1"', '"2"', "*")]
    assert {refusal_of(response) for response in responses} == {(404, "poll.not_found")}


@pytest.mark.django_db(transaction=True)
def test_a_vote_changes_no_tag(
    alice: User, bob: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll()
    vote(bob, poll, 0)
    assert edit(client_for, alice, poll, if_match='"1"').status_code == 200
