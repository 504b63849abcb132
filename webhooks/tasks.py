"""The job that sends the pending deliveries of a webhook."""

import time
from dataclasses import dataclass
from datetime import timedelta

from apikit.wire import Id, Wire
from jobs.errors import StoppedError
from jobs.registry import task
from jobs.run import Run
from webhooks.connecting import StoppedSendingError
from webhooks.delivering import deliver, next_due

DELIVERY = "webhook_delivery"
# After that, the job ends, and others get their turn. The last request can exceed it.
BUDGET_S = 15.0
# Of the threads of a worker: slow receivers leave the rest to other jobs.
SHARE_OF_THREADS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDelivery(Wire):
    """Which webhook has pending deliveries."""

    webhook_id: Id


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDeliveryResult(Wire):
    """How many requests were sent."""

    request_count: int


@task(
    DELIVERY,
    payload=WebhookDelivery,
    is_internal=True,
    timeout_s=timedelta(minutes=3).total_seconds(),
    max_thread_share=SHARE_OF_THREADS,
)
def send_deliveries(run: Run, payload: WebhookDelivery) -> WebhookDeliveryResult:
    """Sends what is due, one request after another, until one fails or time is up.

    If the worker is lost between a request and its record, the request is sent again, with the same
    message id.
    """
    end_s = time.monotonic() + BUDGET_S
    request_count = 0
    while time.monotonic() < end_s:
        run.report(50, f"{request_count} requests")
        delivery = next_due(payload.webhook_id)
        if delivery is None:
            break
        request_count += 1
        try:
            is_delivered = deliver(delivery, should_stop=lambda: run.is_stopped)
        except StoppedSendingError:
            raise StoppedError from None
        if not is_delivered:
            break
    return WebhookDeliveryResult(request_count=request_count)
