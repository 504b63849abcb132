"""A receiver of webhooks on this machine, and functions that send to it without threads."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from jobs.models import seconds_from_now
from tests.conftest import actor_of
from tests.jobs.conftest import run_due
from webhooks.dispatching import dispatch_due
from webhooks.event_types import POLL_OPENED
from webhooks.models import Delivery, Webhook
from webhooks.services import create_webhook


@dataclass(frozen=True, slots=True)
class Received:
    """A request that the receiver got."""

    path: str
    headers: dict[str, str]
    body: bytes


Respond = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Receiver:
    """An HTTP server in a thread. ``respond`` answers; by default with ``status``."""

    url: str = ""
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    respond: Respond | None = None
    requests: list[Received] = field(default_factory=list)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers["Content-Length"])
        self.requests.append(
            Received(
                handler.path,
                {name.lower(): value for name, value in handler.headers.items()},
                handler.rfile.read(length),
            )
        )
        if self.respond is not None:
            self.respond(handler)
            return
        handler.send_response(self.status)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(self.body)))
        handler.end_headers()
        handler.wfile.write(self.body)


class QuietServer(ThreadingHTTPServer):
    """A server whose connections may break, as clients end them early."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


def serve(receiver: Receiver) -> QuietServer:
    """Starts a server for ``receiver``; the caller shuts it down."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.answer(self)

        def log_message(self, *args: object) -> None:
            pass

    server = QuietServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    receiver = Receiver()
    server = serve(receiver)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    yield receiver
    server.shutdown()
    server.server_close()


def make_webhook(owner: User, url: str, *events: str, **fields: Any) -> Webhook:
    """A webhook of an account; for ``poll.opened`` by default."""
    return create_webhook(actor=actor_of(owner), url=url, events=events or [POLL_OPENED], **fields)


def send_due() -> int:
    """Sends what is due; returns how many jobs there were."""
    count = dispatch_due()
    run_due()
    return count


def hurry(delivery: Delivery) -> None:
    """Makes a delivery due that waits for another attempt."""
    Delivery.objects.filter(id=delivery.id).update(next_attempt_at=seconds_from_now(-1))
    Webhook.objects.filter(id=delivery.webhook_id).update(paused_until=None)


def only_delivery(webhook: Webhook) -> Delivery:
    return Delivery.objects.select_related("webhook").get(webhook=webhook)
