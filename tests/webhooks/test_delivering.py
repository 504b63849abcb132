"""Requests to a real receiver: signatures, retries, and what ends them."""

import json
import socket
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from django.core import mail
from django.utils import timezone, translation
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from accounts.emails import flush_emails
from accounts.models import User
from jobs import states
from jobs.models import Job, JobState
from jobs.registry import TASKS
from tests.conftest import MakePoll, actor_of
from tests.jobs.conftest import expire, run_due, take_next
from tests.webhooks.conftest import Receiver, hurry, make_webhook, only_delivery, send_due
from webhooks import delivering
from webhooks.connecting import StoppedSendingError
from webhooks.delivering import MAX_ATTEMPTS, PAUSES_S
from webhooks.dispatching import dispatch_due
from webhooks.models import Delivery, DeliveryState, DisabledReason, Failure, Webhook
from webhooks.sending import MAX_RETRY_AFTER_S, READ_MAX_BYTES, send
from webhooks.services import redeliver, rotate_secret, send_test_event, update_webhook

pytestmark = pytest.mark.django_db


@pytest.fixture
def webhook(alice: User, receiver: Receiver) -> Webhook:
    return make_webhook(alice, receiver.url)


def test_an_event_is_delivered_with_a_valid_signature(
    alice: User, webhook: Webhook, receiver: Receiver, make_poll: MakePoll
) -> None:
    poll = make_poll()
    assert send_due() == 1
    [request] = receiver.requests
    assert request.path == "/hook"
    event = Verifier(webhook.secret).verify(request.body, request.headers)
    assert event["type"] == "poll.opened"
    assert event["data"]["poll"]["id"] == str(poll.id)
    delivery = only_delivery(webhook)
    assert request.headers["webhook-id"] == str(delivery.id)
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 1)
    assert delivery.response_status == 204
    webhook.refresh_from_db()
    assert webhook.last_delivered_at is not None
    assert send_due() == 0


def test_a_receiver_refuses_a_replay(
    webhook: Webhook, receiver: Receiver, make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_poll()
    early = timezone.now() - timedelta(minutes=6)
    with monkeypatch.context() as patch:
        patch.setattr("webhooks.delivering.timezone.now", lambda: early)
        send_due()
    [request] = receiver.requests
    verifier = Verifier(webhook.secret)
    with pytest.raises(WebhookVerificationError, match="too old"):
        verifier.verify(request.body, request.headers)
    # The time is signed, too.
    fresh = request.headers | {"webhook-timestamp": str(int(time.time()))}
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        verifier.verify(request.body, fresh)


def test_a_failed_attempt_is_repeated_with_the_same_id_and_body(
    webhook: Webhook, receiver: Receiver, make_poll: MakePoll
) -> None:
    receiver.status = 500
    receiver.body = b"Out of order\0"
    make_poll()
    send_due()
    delivery = only_delivery(webhook)
    assert (delivery.state, delivery.failure) == (DeliveryState.PENDING, Failure.STATUS)
    assert (delivery.response_status, delivery.response_body) == (500, "Out of order")
    assert delivery.next_attempt_at > timezone.now()
    assert send_due() == 0
    receiver.status = 200
    hurry(delivery)
    send_due()
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    Verifier(webhook.secret).verify(second.body, second.headers)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.failure) == (DeliveryState.DELIVERED, "")
    webhook.refresh_from_db()
    assert (webhook.failing_since, webhook.failure_count) == (None, 0)


def test_attempts_end(webhook: Webhook, receiver: Receiver, make_poll: MakePoll) -> None:
    receiver.status = 404
    make_poll()
    delivery = only_delivery(webhook)
    pauses = []
    for _ in range(MAX_ATTEMPTS):
        hurry(delivery)
        send_due()
        delivery.refresh_from_db()
        pauses.append((delivery.next_attempt_at - timezone.now()).total_seconds())
    assert (delivery.state, delivery.attempts) == (DeliveryState.FAILED, MAX_ATTEMPTS)
    assert len(receiver.requests) == MAX_ATTEMPTS
    for pause_s, wanted_s in zip(pauses, PAUSES_S, strict=False):
        assert wanted_s - 5 < pause_s <= wanted_s * 1.2
    hurry(delivery)
    assert send_due() == 0


def test_a_failing_webhook_is_not_called_for_every_event(
    webhook: Webhook, receiver: Receiver, make_poll: MakePoll
) -> None:
    receiver.status = 503
    make_poll()
    make_poll(question="And which cake?")
    send_due()
    assert len(receiver.requests) == 1
    assert send_due() == 0
    Webhook.objects.update(paused_until=None)
    send_due()
    assert len(receiver.requests) == 2
    webhook.refresh_from_db()
    assert webhook.failure_count == 2


def test_events_are_sent_in_order(
    webhook: Webhook, receiver: Receiver, make_poll: MakePoll
) -> None:
    polls = [make_poll(question=f"Question {number}?") for number in range(5)]
    assert send_due() == 1
    sent = [json.loads(request.body)["data"]["poll"]["id"] for request in receiver.requests]
    assert sent == [str(poll.id) for poll in polls]


@pytest.mark.parametrize(
    ("status", "header", "least_s", "most_s"),
    [
        (429, "120", 110, 121),
        (503, str(10**8), MAX_RETRY_AFTER_S - 10, MAX_RETRY_AFTER_S + 1),
        (503, "soon", 0, 6),
    ],
)
def test_a_receiver_can_ask_for_a_pause(
    webhook: Webhook,
    receiver: Receiver,
    make_poll: MakePoll,
    status: int,
    header: str,
    least_s: int,
    most_s: int,
) -> None:
    receiver.status, receiver.headers = status, {"Retry-After": header}
    make_poll()
    send_due()
    webhook.refresh_from_db()
    assert webhook.paused_until is not None
    assert least_s < (webhook.paused_until - timezone.now()).total_seconds() <= most_s


def test_a_redirect_is_not_followed(
    webhook: Webhook, receiver: Receiver, make_poll: MakePoll
) -> None:
    receiver.status, receiver.headers = 307, {"Location": receiver.url + "/elsewhere"}
    make_poll()
    send_due()
    assert [request.path for request in receiver.requests] == ["/hook"]
    assert only_delivery(webhook).failure == Failure.STATUS


def test_proxies_of_the_environment_are_not_used(
    webhook: Webhook, receiver: Receiver, make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    make_poll()
    send_due()
    assert only_delivery(webhook).state == DeliveryState.DELIVERED


def _drip_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(2000):
        handler.wfile.write(f"X-{number}: a\r\n".encode())
        handler.wfile.flush()
        time.sleep(0.02)


def _drip_body(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    for _ in range(2000):
        handler.wfile.write(b".")
        time.sleep(0.02)


def _say_nothing(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.recv(1)


def _hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def _say_nonsense(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"220 mail.example.org ESMTP\r\n\r\n")


@pytest.mark.parametrize(
    ("respond", "failure"),
    [
        (_say_nothing, Failure.TIMEOUT),
        (_drip_headers, Failure.TIMEOUT),
        # The status counts.
        (_drip_body, ""),
        (_hang_up, Failure.RESPONSE),
        (_say_nonsense, Failure.RESPONSE),
    ],
    ids=["silent", "slow headers", "slow body", "hangs up", "not HTTP"],
)
def test_a_slow_or_broken_receiver_is_given_up(
    webhook: Webhook,
    receiver: Receiver,
    make_poll: MakePoll,
    settings: Settings,
    respond: object,
    failure: str,
) -> None:
    settings.WEBHOOK_TIMEOUT_SECONDS = 1
    receiver.respond = respond  # type: ignore[assignment]
    make_poll()
    send_due()
    delivery = only_delivery(webhook)
    assert (delivery.failure, delivery.attempts) == (failure, 1)
    assert delivery.duration_ms is not None
    # Much less than the 40 seconds that the receiver wants.
    assert delivery.duration_ms < 20_000


def test_a_huge_response_is_not_read(
    webhook: Webhook, receiver: Receiver, make_poll: MakePoll
) -> None:
    sent = 0

    def respond(handler: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        handler.send_response(200)
        handler.send_header("Content-Length", str(1 << 30))
        handler.end_headers()
        # Fails as soon as the connection is closed and its buffers are full.
        for _ in range(1 << 14):
            sent += handler.wfile.write(b"a" * (1 << 16))

    receiver.respond = respond
    make_poll()
    send_due()
    delivery = only_delivery(webhook)
    assert delivery.state == DeliveryState.DELIVERED
    assert delivery.response_body == "a" * 1000
    # The rest was in buffers.
    assert READ_MAX_BYTES < sent < 1 << 25


def test_a_receiver_that_is_gone_disables_the_webhook(
    alice: User,
    webhook: Webhook,
    receiver: Receiver,
    make_poll: MakePoll,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    receiver.status = 410
    make_poll()
    make_poll(question="And which cake?")
    with django_capture_on_commit_callbacks(execute=True):
        send_due()
    webhook.refresh_from_db()
    assert webhook.disabled_reason == DisabledReason.GONE
    assert not Delivery.objects.filter(state=DeliveryState.PENDING).exists()
    flush_emails()
    [message] = mail.outbox
    assert message.to == [alice.email]
    assert "gone for good (410)" in message.body
    # Later events are not queued.
    make_poll(question="And which tea?")
    assert Delivery.objects.count() == 2


def test_a_webhook_that_fails_for_days_is_disabled_with_an_email(
    alice: User,
    webhook: Webhook,
    receiver: Receiver,
    make_poll: MakePoll,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    User.objects.filter(id=alice.id).update(language="de")
    receiver.status = 500
    make_poll()
    send_due()
    limit = timedelta(days=settings.WEBHOOK_DISABLED_AFTER_DAYS)
    almost = timezone.now() - limit + timedelta(hours=1)
    Webhook.objects.update(failing_since=almost)
    delivery = only_delivery(webhook)
    hurry(delivery)
    send_due()
    webhook.refresh_from_db()
    assert webhook.is_enabled
    Webhook.objects.update(failing_since=almost - timedelta(hours=2))
    hurry(delivery)
    with django_capture_on_commit_callbacks(execute=True):
        send_due()
    webhook.refresh_from_db()
    assert webhook.disabled_reason == DisabledReason.FAILING
    delivery.refresh_from_db()
    assert (delivery.state, delivery.failure) == (DeliveryState.FAILED, Failure.DISABLED)
    flush_emails()
    [message] = mail.outbox
    with translation.override("de"):
        assert message.subject == translation.gettext("A webhook on Tallyroom was disabled")
    assert f"/manage/webhooks/{webhook.id}" in message.body
    enabled = update_webhook(actor=actor_of(alice), webhook_id=webhook.id, is_enabled=True)
    assert (enabled.failing_since, enabled.disabled_reason) == (None, "")


def test_an_event_is_sent_again_by_hand(
    alice: User, webhook: Webhook, receiver: Receiver, make_poll: MakePoll
) -> None:
    make_poll()
    send_due()
    delivery = only_delivery(webhook)
    redeliver(actor=actor_of(alice), webhook_id=webhook.id, delivery_id=delivery.id)
    send_due()
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_both_secrets_are_valid_for_a_day(
    alice: User, webhook: Webhook, receiver: Receiver
) -> None:
    old = webhook.secret
    new = rotate_secret(actor=actor_of(alice), webhook_id=webhook.id).secret
    assert new != old
    send_test_event(actor=actor_of(alice), webhook_id=webhook.id)
    send_due()
    for secret in (old, new):
        Verifier(secret).verify(receiver.requests[-1].body, receiver.requests[-1].headers)
    Webhook.objects.update(previous_secret_until=timezone.now())
    send_test_event(actor=actor_of(alice), webhook_id=webhook.id)
    send_due()
    request = receiver.requests[-1]
    Verifier(new).verify(request.body, request.headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(old).verify(request.body, request.headers)


# Jobs


def test_a_webhook_has_one_unfinished_job(
    webhook: Webhook, receiver: Receiver, make_poll: MakePoll
) -> None:
    make_poll()
    assert [dispatch_due(), dispatch_due()] == [1, 0]
    run = take_next()
    assert run is not None
    make_poll(question="And which cake?")
    assert dispatch_due() == 0
    # The worker is lost; another one sends both.
    expire(run.job)
    states.reclaim_lost()
    run_due()
    assert len(receiver.requests) == 2


def test_finished_jobs_do_not_pile_up(
    webhook: Webhook, receiver: Receiver, make_poll: MakePoll
) -> None:
    for number in range(3):
        make_poll(question=f"Question {number}?")
        assert send_due() == 1
    assert Job.objects.filter(state=JobState.SUCCEEDED).count() == 1
    assert len(receiver.requests) == 3


def test_a_request_of_a_lost_worker_is_sent_again_with_its_id(
    webhook: Webhook, receiver: Receiver, make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_poll()
    dispatch_due()
    with monkeypatch.context() as patch:
        # As if the worker was killed after the request.
        def die(*args: object) -> None:
            raise SystemExit

        patch.setattr(delivering, "_record", die)
        run = take_next()
        assert run is not None
        with pytest.raises(SystemExit):
            TASKS[run.job.type].handler(run, TASKS[run.job.type].read_payload(run.job.payload))
    expire(run.job)
    states.reclaim_lost()
    run_due()
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert only_delivery(webhook).state == DeliveryState.DELIVERED


def test_a_stopped_job_ends_during_a_request(
    webhook: Webhook, receiver: Receiver, settings: Settings
) -> None:
    settings.WEBHOOK_TIMEOUT_SECONDS = 60
    receiver.respond = _say_nothing
    asked = 0

    def should_stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 5

    with pytest.raises(StoppedSendingError):
        send(webhook.url, {}, b"{}", should_stop=should_stop)


def test_a_disabled_webhook_gets_nothing(
    alice: User, webhook: Webhook, receiver: Receiver, make_poll: MakePoll
) -> None:
    make_poll()
    update_webhook(actor=actor_of(alice), webhook_id=webhook.id, is_enabled=False)
    assert send_due() == 0
    make_poll(question="And which cake?")
    assert not receiver.requests
    assert only_delivery(webhook).failure == Failure.DISABLED


def test_a_deleted_webhook_gets_nothing(
    webhook: Webhook, receiver: Receiver, make_poll: MakePoll
) -> None:
    make_poll()
    dispatch_due()
    webhook.delete()
    run_due()
    assert not receiver.requests
