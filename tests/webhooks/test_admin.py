"""Webhooks in the moderation admin, and what staff decide."""

from typing import Any

import pytest

from accounts.models import User
from apikit.actors import Actor
from apikit.errors import ForbiddenError
from tests.conftest import actor_of
from tests.moderation_client import ModerationClient, log_of
from tests.webhooks.conftest import make_webhook, only_delivery
from webhooks.errors import WebhookBlockedError, WebhookNotFoundError
from webhooks.models import Delivery, DisabledReason, Webhook
from webhooks.services import (
    disable_for_staff,
    enable_for_staff,
    send_test_event,
    update_webhook,
)

pytestmark = pytest.mark.django_db(transaction=True)
URL = "https://hooks.example.org/T0/secret-of-a-chat"


@pytest.fixture
def moderator(staff: User) -> ModerationClient:
    return ModerationClient(staff)


@pytest.fixture
def webhook(alice: User) -> Webhook:
    webhook = make_webhook(alice, URL, name="Chat")
    send_test_event(actor=actor_of(alice), webhook_id=webhook.id)
    return webhook


def rows_of(answer: Any) -> list[Any]:
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


def test_lists_and_pages_show_neither_secrets_nor_paths(
    moderator: ModerationClient, webhook: Webhook
) -> None:
    listed = moderator.list_of(Webhook)
    assert rows_of(listed) == [webhook]
    deliveries = moderator.list_of(Delivery)
    assert rows_of(deliveries) == [only_delivery(webhook)]
    pages = [moderator.page_of(webhook), moderator.page_of(only_delivery(webhook))]
    for page in (listed, deliveries, *pages):
        assert page.status_code == 200
        assert "secret-of-a-chat" not in page.content.decode()
        assert webhook.secret not in page.content.decode()
    assert "hooks.example.org" in listed.content.decode()


def test_webhooks_are_searched_and_filtered(
    moderator: ModerationClient, bob: User, webhook: Webhook
) -> None:
    other = make_webhook(bob, URL)
    assert rows_of(moderator.list_of(Webhook, q="ALICE")) == [webhook]
    assert rows_of(moderator.list_of(Webhook, q=str(other.id))) == [other]
    assert rows_of(moderator.list_of(Webhook, state="on")) == [other, webhook]
    assert rows_of(moderator.list_of(Webhook, state="failing")) == []
    assert rows_of(moderator.list_of(Delivery, state="failed")) == []


def test_staff_disable_a_webhook_until_they_enable_it(
    moderator: ModerationClient, alice: User, webhook: Webhook
) -> None:
    moderator.act("disable_webhooks", webhook)
    webhook.refresh_from_db()
    assert webhook.disabled_reason == DisabledReason.STAFF
    assert log_of(webhook) == ["Disabled."]
    with pytest.raises(WebhookBlockedError):
        update_webhook(actor=actor_of(alice), webhook_id=webhook.id, is_enabled=True)
    moderator.act("enable_webhooks", webhook)
    webhook.refresh_from_db()
    assert webhook.is_enabled


def test_only_staff_may(alice: User, staff: User, webhook: Webhook) -> None:
    for decide in (disable_for_staff, enable_for_staff):
        with pytest.raises(ForbiddenError):
            decide(actor=actor_of(alice), webhook_id=webhook.id)
        with pytest.raises(ForbiddenError):
            decide(actor=Actor(), webhook_id=webhook.id)
    webhook.delete()
    with pytest.raises(WebhookNotFoundError):
        disable_for_staff(actor=actor_of(staff), webhook_id=webhook.id)
