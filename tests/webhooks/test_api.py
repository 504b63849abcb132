"""The REST API of webhooks."""

from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from tests.conftest import ClientFor, MakePoll, actor_of
from tests.webhooks.conftest import Receiver, make_webhook, only_delivery, send_due
from tests.workspaces.teams import join
from webhooks import outbox, services
from webhooks.event_types import EVENTS
from webhooks.models import Delivery, DeliveryState, Webhook
from workspaces.permissions import Role
from workspaces.projects import create_project

pytestmark = pytest.mark.django_db

URL = "https://hooks.example.org/"
BODY = {"url": URL, "events": ["poll.opened"]}


@pytest.fixture
def client(alice: User, client_for: ClientFor) -> APIClient:
    return client_for(alice)


def create(client: APIClient, **fields: Any) -> dict[str, Any]:
    answer = client.post("/api/webhooks", BODY | fields)
    assert answer.status_code == 201, answer.json()
    body: dict[str, Any] = answer.json()
    return body


def test_the_secret_is_in_the_first_response_only(client: APIClient) -> None:
    created = create(client, name="Ours")
    secret, at = created["secret"], f"/api/webhooks/{created['webhook']['id']}"
    assert secret.startswith("whsec_")
    for answer in (
        client.get(at),
        client.get("/api/webhooks"),
        client.patch(at, {"name": "Others"}),
    ):
        assert answer.status_code == 200
        assert "whsec_" not in answer.content.decode()
    replaced = client.post(f"{at}/secret").json()
    assert replaced["secret"] not in {secret, None}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"url": "http://hooks.example.org/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://a:b@hooks.example.org/"}, "url"),
        ({"events": []}, "events"),
        ({"events": ["poll.exploded"]}, "events.0"),
        ({"events": ["webhook.test"]}, "events.0"),
        # Those of projects only.
        ({"events": ["member.added"]}, "events"),
        ({"format": "teams"}, "format"),
        ({"language": "tlh"}, "language"),
        ({"secret": "whsec_"}, "secret"),
    ],
)
def test_invalid_values_are_refused(client: APIClient, fields: dict[str, Any], field: str) -> None:
    answer = client.post("/api/webhooks", BODY | fields)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)
    assert not Webhook.objects.exists()


def test_changes_check_the_revision(client: APIClient) -> None:
    created = create(client)
    at = f"/api/webhooks/{created['webhook']['id']}"
    etag = client.get(at)["ETag"]
    assert client.patch(at, {"name": "A"}, headers={"If-Match": etag}).status_code == 200
    for refused in (
        client.patch(at, {"name": "B"}, headers={"If-Match": etag}),
        client.delete(at, headers={"If-Match": etag}),
    ):
        assert refused.json()["code"] == "precondition_failed"
    answer = client.patch(at, {"url": "https://127.0.0.1/"})
    assert answer.json()["errors"][0]["field"] == "url"
    assert client.get(at).json()["webhook"]["url"] == URL


def test_a_repeated_request_creates_one_webhook(client: APIClient) -> None:
    answers = [
        client.post("/api/webhooks", BODY, headers={"Idempotency-Key": "once"}) for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert Webhook.objects.count() == 1


def test_an_account_and_a_project_have_a_limit_each(
    client: APIClient, alice: User, settings: Settings
) -> None:
    settings.WEBHOOKS_PER_OWNER = 1
    project = create_project(actor=actor_of(alice), name="Town hall")
    create(client)
    create(client, projectId=str(project.id))
    for fields in ({}, {"projectId": str(project.id)}):
        answer = client.post("/api/webhooks", BODY | fields)
        assert (answer.status_code, answer.json()["code"]) == (409, "webhook.too_many")


def test_webhooks_of_a_project_are_for_its_owners(
    client: APIClient, alice: User, bob: User, charlie: User, client_for: ClientFor
) -> None:
    project = create_project(actor=actor_of(alice), name="Town hall")
    join(project, bob, Role.COLLABORATOR)
    body = BODY | {"projectId": str(project.id), "events": list(EVENTS)}
    created = client.post("/api/webhooks", body).json()["webhook"]
    assert created["events"] == list(EVENTS)
    at = f"/api/webhooks/{created['id']}"
    query = {"projectId": str(project.id)}
    assert client.get("/api/webhooks").json()["webhooks"] == []
    assert client.get("/api/webhooks", query).json()["webhooks"] == [created]
    for user, codes in (
        (bob, {"project.not_allowed"}),
        (charlie, {"project.not_found", "webhook.not_found"}),
    ):
        other = client_for(user)
        answers = [
            other.get("/api/webhooks", query),
            other.post("/api/webhooks", body),
            other.get(at),
            other.patch(at, {"name": "Mine"}),
            other.post(f"{at}/secret"),
            other.post(f"{at}/test"),
            other.get(f"{at}/deliveries"),
            other.delete(at),
        ]
        assert {answer.json()["code"] for answer in answers} == codes
    assert Webhook.objects.get().name == ""


def test_deliveries_are_listed_with_what_came_of_them(
    client: APIClient, alice: User, receiver: Receiver, make_poll: MakePoll
) -> None:
    webhook = make_webhook(alice, receiver.url)
    make_poll()
    at = f"/api/webhooks/{webhook.id}/deliveries"
    [pending] = client.get(at).json()["deliveries"]
    assert (pending["state"], pending["attempts"], pending["failure"]) == ("pending", 0, None)
    receiver.status, receiver.body = 500, b"Oops"
    send_due()
    [failed] = client.get(at, {"state": "pending"}).json()["deliveries"]
    assert (failed["failure"], failed["responseStatus"]) == ("status", 500)
    details = client.get(f"{at}/{failed['id']}").json()["delivery"]
    assert details["responseBody"] == "Oops"
    assert details["payload"]["type"] == "poll.opened"
    assert client.get(at, {"state": "delivered"}).json()["deliveries"] == []


def test_a_delivery_of_another_webhook_is_not_found(client: APIClient, alice: User) -> None:
    one, other = (make_webhook(alice, URL) for _ in range(2))
    services.send_test_event(actor=actor_of(alice), webhook_id=one.id)
    at = f"/api/webhooks/{other.id}/deliveries/{only_delivery(one).id}"
    for answer in (client.get(at), client.post(f"{at}/redeliver")):
        assert answer.json()["code"] == "webhook.delivery_not_found"


def test_sending_by_hand_is_refused_where_it_cannot_be(
    client: APIClient, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = make_webhook(alice, URL)
    at = f"/api/webhooks/{webhook.id}"
    delivery = client.post(f"{at}/test").json()["delivery"]
    again = f"{at}/deliveries/{delivery['id']}/redeliver"
    assert client.post(again).json()["code"] == "webhook.delivery_pending"
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "MAX_PENDING", 1)
        assert client.post(f"{at}/test").json()["code"] == "webhook.too_many_pending"
    client.patch(at, {"isEnabled": False})
    assert not Delivery.objects.filter(state=DeliveryState.PENDING).exists()
    for address in (again, f"{at}/test"):
        assert client.post(address).json()["code"] == "webhook.disabled"
    client.patch(at, {"isEnabled": True})
    monkeypatch.setattr(services, "REQUESTS_PER_HOUR", 1)
    assert client.post(again).status_code == 202
    assert client.post(again).json()["code"] == "rate_limited"
