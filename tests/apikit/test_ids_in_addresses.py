"""Invalid ids in URLs are refused like missing ones."""

import pytest

from accounts.models import User
from tests.conftest import ClientFor, MakePoll
from tests.polls.conftest import refusal_of

pytestmark = pytest.mark.django_db

NO_IDS = ["1", "nothing", "01985c2e8f107d52b3a46a0c5e9d4f21", "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f2"]
POLL_ADDRESSES = [
    ("get", ""),
    ("put", ""),
    ("patch", ""),
    ("delete", ""),
    ("put", "/publish"),
    ("put", "/close"),
    ("put", "/reopen"),
    ("post", "/duplicate"),
    ("get", "/my-vote"),
    ("get", "/results"),
    ("get", "/timeline"),
    ("get", "/export"),
]


@pytest.mark.parametrize("no_id", NO_IDS)
@pytest.mark.parametrize(("method", "rest"), POLL_ADDRESSES)
def test_an_invalid_poll_id_is_a_missing_poll(
    alice: User, client_for: ClientFor, method: str, rest: str, no_id: str
) -> None:
    response = getattr(client_for(alice), method)(f"/api/polls/{no_id}{rest}")
    assert refusal_of(response) == (404, "poll.not_found")


def test_an_invalid_user_id_is_a_missing_user(alice: User, client_for: ClientFor) -> None:
    assert refusal_of(client_for(alice).get("/api/users/1")) == (404, "account.not_found")


def test_an_id_in_capitals_is_the_same_id(make_poll: MakePoll, client_for: ClientFor) -> None:
    poll = make_poll()
    response = client_for(None).get(f"/api/polls/{str(poll.id).upper()}")
    assert response.json()["poll"]["id"] == str(poll.id)
