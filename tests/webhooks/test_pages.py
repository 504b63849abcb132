"""The pages of webhooks: own ones and a project's, and the secret that is shown once."""

import re

import pytest
from django.test import Client

from accounts.models import User
from tests.conftest import MakePoll, actor_of
from tests.webhooks.conftest import Receiver, make_webhook, only_delivery, send_due
from tests.workspaces.teams import join
from webhooks.models import DisabledReason, Webhook
from webhooks.services import disable_for_staff
from workspaces.permissions import Role
from workspaces.projects import create_project

pytestmark = pytest.mark.django_db

FIELDS = {
    "name": "Ours",
    "url": "https://hooks.example.org/tallyroom",
    "format_": "standard",
    "language": "en",
    "events": ["poll.opened", "poll.closed"],
}
SECRET = re.compile(r"whsec_[\w+/]{42,}=*")


@pytest.fixture
def page(client: Client, alice: User) -> Client:
    """alice's browser."""
    client.force_login(alice)
    return client


def test_a_new_webhook_shows_its_secret_once(page: Client, alice: User) -> None:
    assert "No webhooks yet" in page.get("/manage/webhooks").content.decode()
    shown = page.post("/manage/webhooks/new", FIELDS, follow=True)
    webhook = Webhook.objects.get(owner=alice)
    assert webhook.events == ["poll.opened", "poll.closed"]
    assert shown.redirect_chain == [(f"/manage/webhooks/{webhook.id}", 302)]
    assert set(SECRET.findall(shown.content.decode())) == {webhook.secret}
    assert "no-store" in shown["Cache-Control"]
    again = page.get(f"/manage/webhooks/{webhook.id}").content.decode()
    assert not SECRET.search(again)
    assert "Ours" in page.get("/manage/webhooks").content.decode()
    replaced = page.post(f"/manage/webhooks/{webhook.id}/secret", follow=True)
    [new] = set(SECRET.findall(replaced.content.decode()))
    assert new != webhook.secret


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"url": "http://127.0.0.1/"}, "begins with https://"),
        ({"url": ""}, "Enter a URL."),
        ({"events": []}, "Choose at least one event."),
        ({"events": ["member.added"]}, "Select a valid choice"),
    ],
)
def test_wrong_input_is_explained(page: Client, wrong: dict[str, object], text: str) -> None:
    shown = page.post("/manage/webhooks/new", FIELDS | wrong)
    assert text in shown.content.decode()
    assert not Webhook.objects.exists()


def test_a_webhook_is_changed_turned_off_and_deleted(page: Client, alice: User) -> None:
    webhook = make_webhook(alice, str(FIELDS["url"]))
    at = f"/manage/webhooks/{webhook.id}"
    page.post(f"{at}/edit", FIELDS | {"name": "Others", "revision": "1"})
    webhook.refresh_from_db()
    assert webhook.name == "Others"
    conflict = page.post(f"{at}/edit", FIELDS | {"name": "Third", "revision": "1"})
    assert conflict.status_code == 412
    page.post(f"{at}/disable")
    assert "Turn on" in page.get(at).content.decode()
    page.post(f"{at}/enable")
    webhook.refresh_from_db()
    assert (webhook.name, webhook.is_enabled) == ("Others", True)
    assert "Delete this webhook?" in page.get(f"{at}/delete").content.decode()
    page.post(f"{at}/delete")
    assert not Webhook.objects.exists()


def test_deliveries_are_listed_and_sent_again(
    page: Client, alice: User, receiver: Receiver, make_poll: MakePoll
) -> None:
    webhook = make_webhook(alice, receiver.url)
    at = f"/manage/webhooks/{webhook.id}"
    assert "Nothing was sent yet." in page.get(at).content.decode()
    make_poll()
    receiver.status, receiver.body = 500, b"<script>alert(1)</script>"
    send_due()
    shown = page.get(at).content.decode()
    assert "answer 500" in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert "Requests have been failing" in shown
    receiver.status = 204
    Webhook.objects.update(paused_until=None)
    delivery = only_delivery(webhook)
    page.post(f"{at}/redeliver", {"delivery": str(delivery.id)})
    page.post(f"{at}/test")
    send_due()
    assert [request.path for request in receiver.requests].count("/hook") >= 2


def test_a_moderator_s_decision_stands(page: Client, alice: User, staff: User) -> None:
    webhook = make_webhook(alice, str(FIELDS["url"]))
    disable_for_staff(actor=actor_of(staff), webhook_id=webhook.id)
    at = f"/manage/webhooks/{webhook.id}"
    shown = page.get(at).content.decode()
    assert "A moderator has turned off this webhook." in shown
    assert "Turn on" not in shown
    page.post(f"{at}/enable")
    webhook.refresh_from_db()
    assert webhook.disabled_reason == DisabledReason.STAFF


def test_only_owners_of_a_project_see_its_webhooks(
    page: Client, alice: User, bob: User, charlie: User, guest: User
) -> None:
    project = create_project(actor=actor_of(alice), name="Town hall")
    join(project, bob, Role.COLLABORATOR)
    at = f"/manage/projects/{project.id}/webhooks"
    page.post(f"{at}/new", FIELDS | {"events": ["member.added"]})
    webhook = Webhook.objects.get(project=project)
    own = f"/manage/webhooks/{webhook.id}"
    assert page.get(at).status_code == page.get(own).status_code == 200
    assert f'href="{at}"' in page.get(f"/manage/projects/{project.id}/settings").content.decode()
    addresses = [at, f"{at}/new", own, f"{own}/edit", f"{own}/delete", f"{own}/secret"]
    for user, status in ((bob, 403), (charlie, 404)):
        page.force_login(user)
        assert [page.get(each).status_code for each in addresses] == [status] * len(addresses)
        for action in ("test", "disable", "redeliver", "secret", "delete"):
            assert page.post(f"{own}/{action}").status_code == status
        assert page.post(f"{own}/edit", FIELDS).status_code == status
    page.logout()
    assert page.get(own).status_code in {302, 401}
    webhook.refresh_from_db()
    assert webhook.is_enabled
