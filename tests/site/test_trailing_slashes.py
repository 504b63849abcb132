"""A trailing slash changes nothing, and causes no redirect, which would lose a body."""

import pytest
from django.test import Client

from accounts.models import User
from tests.conftest import PASSWORD, ClientFor, MakePoll, option_ids

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address", ["/sign-in", "/docs", "/register", "/health/live", "/api/polls"]
)
def test_a_trailing_slash_changes_nothing(client: Client, address: str) -> None:
    assert client.get(f"{address}/").status_code == client.get(address).status_code == 200


def test_a_trailing_slash_after_a_poll_changes_nothing(client: Client, make_poll: MakePoll) -> None:
    poll = make_poll()
    for path in (
        f"/p/{poll.join_code}",
        f"/p/{poll.join_code}/state",
        f"/p/{poll.join_code}/qr.svg",
    ):
        with_slash, without = client.get(f"{path}/"), client.get(path)
        assert with_slash.status_code == without.status_code == 200
        assert with_slash.headers.get("Location") is None


@pytest.mark.django_db(transaction=True)
def test_a_body_posted_with_a_trailing_slash_is_read(
    alice: User, client: Client, client_for: ClientFor, make_poll: MakePoll
) -> None:
    poll = make_poll()
    asked = client_for(alice).post("/api/polls/", {"question": "Why?!", "options": ["a", "b"]})
    assert (asked.status_code, asked.json()["poll"]["question"]) == (201, "Why?!")
    vote = {"pollOptionId": str(option_ids(poll)[0])}
    for path in ("/api/votes/", f"/api/v1/polls/{poll.id}/vote/"):
        assert client_for(alice).post(path, vote).status_code in {201, 409}
    client.post(f"/p/{poll.join_code}/vote/", {"option": str(option_ids(poll)[1]), "key": "k" * 32})
    votes = client.get(f"/api/polls/{poll.id}/results").json()["poll"]["options"]
    assert [each["voteCount"] for each in votes] == [1, 1, 0]


def test_a_form_posted_with_a_trailing_slash_signs_in(alice: User, client: Client) -> None:
    alice.set_password(PASSWORD)
    alice.save()
    fields = {"email": alice.email, "password": PASSWORD, "next": "/manage/"}
    answer = client.post("/sign-in/", fields)
    assert (answer.status_code, answer["Location"]) == (302, "/manage/")


def test_a_trailing_slash_never_leads_to_another_host(client: Client) -> None:
    # By `path_info`, since the test client would take evil.test for the host.
    answer = client.get("/", PATH_INFO="//evil.test/")
    assert (answer.status_code, answer.headers.get("Location")) == (404, None)
