"""The lobby's older routes, for clients that know neither rooms nor tokens."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import suspend_user
from chat.message_selectors import LOBBY_MESSAGES
from chat.models import Message
from chat.rooms import hide_room, open_lobby
from chat.services import delete_message
from tests.chat.rooms import post
from tests.conftest import ClientFor, actor_of

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

HELLO = {"userName": "Zoë", "messageBody": "Hello!", "userId": "user-17"}


def listed(client: APIClient) -> list[tuple[str, str]]:
    answer = client.get("/api/messages").json()
    assert (answer["success"], set(answer)) == (True, {"success", "message", "data"})
    return [(each["userName"], each["messageBody"]) for each in answer["data"]]


def test_messages_are_listed_oldest_first_without_deleted_ones(
    visitor: APIClient, alice: User, guest: User
) -> None:
    assert listed(visitor) == []
    lobby = open_lobby()
    for author, body in ((alice, "One"), (guest, "Two"), (alice, "Three")):
        message = post(author, lobby, body)
    delete_message(actor=actor_of(alice), message_id=message.id)
    assert listed(visitor) == [("Alice", "One"), ("Guest", "Two")]
    [first, _] = visitor.get("/api/messages").json()["data"]
    assert set(first) == {"userId", "userName", "messageBody", "timeStamp"}
    assert first["userId"] == str(alice.id)


def test_only_the_newest_are_listed(
    visitor: APIClient, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert LOBBY_MESSAGES == 500
    monkeypatch.setattr("chat.message_selectors.LOBBY_MESSAGES", 2)
    lobby = open_lobby()
    for body in ("One", "Two", "Three"):
        post(alice, lobby, body)
    assert [body for _, body in listed(visitor)] == ["Two", "Three"]


def test_a_visitor_writes_as_a_guest_with_their_name(visitor: APIClient) -> None:
    answer = visitor.post("/api/send", HELLO)
    assert answer.status_code == 201
    body = answer.json()
    assert (body["success"], body["message"]) == (True, "Message sent successfully")
    assert (body["data"]["userName"], body["data"]["messageBody"]) == ("Zoë", "Hello!")
    author = User.objects.get()
    assert (author.is_guest, author.name) == (True, "Zoë")
    assert body["data"]["userId"] == str(author.id)
    assert listed(visitor) == [("Zoë", "Hello!")]


def test_a_client_keeps_its_guest_and_another_has_its_own(visitor: APIClient) -> None:
    for body in (HELLO, HELLO, HELLO | {"userId": "user-18"}, HELLO | {"userName": "Zed"}):
        assert visitor.post("/api/send", body).status_code == 201
    assert visitor.post("/api/send", HELLO, REMOTE_ADDR="203.0.113.9").status_code == 201
    assert User.objects.count() == 4
    assert Message.objects.count() == 5


def test_the_author_comes_from_the_token(alice: User, bob: User, client_for: ClientFor) -> None:
    claimed = {"userName": "Bob", "messageBody": "It was me", "userId": str(bob.id)}
    data = client_for(alice).post("/api/send", claimed).json()["data"]
    assert (data["userName"], data["userId"]) == ("Alice", str(alice.id))
    assert Message.objects.get().author == alice


def test_a_visitor_cannot_speak_with_the_id_of_an_account(visitor: APIClient, bob: User) -> None:
    claimed = {"userName": "Bob", "messageBody": "It was me", "userId": str(bob.id)}
    data = visitor.post("/api/send", claimed).json()["data"]
    assert data["userId"] != str(bob.id)
    author = Message.objects.get().author
    assert author is not None
    assert author.is_guest


@pytest.mark.parametrize("missing", list(HELLO))
@pytest.mark.parametrize("value", [None, ""])
def test_all_fields_are_required(visitor: APIClient, missing: str, value: Any) -> None:
    bodies = [HELLO | {missing: value}, {k: v for k, v in HELLO.items() if k != missing}]
    for body in bodies:
        answer = visitor.post("/api/send", body)
        assert (answer.status_code, answer.json()["message"]) == (400, "All fields are required")
        assert [error["field"] for error in answer.json()["errors"]] == [missing]
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        [],
        "text",
        HELLO | {"messageBody": "x" * 2001},
        HELLO | {"userName": "x" * 81},
        HELLO | {"userId": True},
        HELLO | {"messageBody": ["x"]},
        HELLO | {"extra": 1},
    ],
)
def test_an_invalid_message_is_refused(visitor: APIClient, body: Any) -> None:
    answer = visitor.post("/api/send", body)
    assert answer.status_code == 400
    assert not User.objects.exists()


def test_an_id_and_a_time_stamp_may_be_numbers(visitor: APIClient) -> None:
    answer = visitor.post("/api/send", HELLO | {"userId": 17, "timeStamp": 1700000000000})
    assert (answer.status_code, answer.json()["data"]["timeStamp"]) == (201, "1700000000000")


def test_a_message_sent_twice_under_one_key_is_there_once(
    alice: User, client_for: ClientFor
) -> None:
    client = client_for(alice)
    answers = [client.post("/api/send", HELLO, HTTP_IDEMPOTENCY_KEY="k") for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[1]["Idempotent-Replayed"] == "true"
    assert Message.objects.count() == 1


def test_suspended_people_and_banned_guests_cannot_write(
    alice: User, staff: User, visitor: APIClient, client_for: ClientFor
) -> None:
    client = client_for(alice)
    suspend_user(actor=actor_of(staff), user_id=alice.id, reason="spam")
    assert client.post("/api/send", HELLO).json()["code"] == "account.suspended"
    visitor.post("/api/send", HELLO)
    guest = User.objects.get(name="Zoë")
    suspend_user(actor=actor_of(staff), user_id=guest.id, reason="spam")
    assert visitor.post("/api/send", HELLO).json()["code"] == "account.suspended"


def test_a_hidden_lobby_is_missing(visitor: APIClient, staff: User) -> None:
    hide_room(actor=actor_of(staff), room_id=open_lobby().id, reason="spam")
    assert visitor.get("/api/messages").json()["code"] == "room.not_found"
    assert visitor.post("/api/send", HELLO).json()["code"] == "room.not_found"


@pytest.mark.parametrize("prefix", ["", "/api", "/api/v1"])
def test_the_routes_have_several_addresses(visitor: APIClient, prefix: str) -> None:
    assert visitor.post(f"{prefix}/send", HELLO).status_code == 201
    assert len(visitor.get(f"{prefix}/messages").json()["data"]) == 1
