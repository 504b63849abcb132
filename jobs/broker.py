"""Dramatiq on Redis, as a messenger only.

A message carries the id of a job. It is not retried, and losing it costs at most two seconds: the
job's row decides what happens (see :mod:`jobs.states`). So none of Dramatiq's middleware is used,
which would retry, delay and time out messages.
"""

from collections.abc import Callable
from functools import cache
from uuid import UUID

import dramatiq
import redis
from django.conf import settings
from dramatiq.brokers.redis import RedisBroker

QUEUE = "jobs"
ACTOR = "wake"
# Messages of a dead worker are delivered again after this long, which wakes somebody up in vain.
HEARTBEAT_TIMEOUT_MS = 60_000
# How often an idle worker asks Redis for messages.
POLL_INTERVAL_MS = 500


@cache
def broker() -> RedisBroker:
    """Return the broker of this process."""
    client = redis.Redis.from_url(
        str(settings.REDIS_URL),
        socket_connect_timeout=2,
        socket_timeout=5,
        health_check_interval=10,
    )
    return RedisBroker(  # type: ignore[no-untyped-call]
        client=client,
        middleware=[],
        namespace="tallyroom-jobs",
        heartbeat_timeout=HEARTBEAT_TIMEOUT_MS,
    )


def send(job_id: UUID) -> None:
    """Send a message.

    :raises redis.RedisError: if Redis does not answer.
    """
    message: dramatiq.Message[None] = dramatiq.Message(
        queue_name=QUEUE, actor_name=ACTOR, args=(str(job_id),), kwargs={}, options={}
    )
    broker().enqueue(message)


def listen(wake: Callable[[], None]) -> dramatiq.Worker:
    """Call ``wake`` for each message, in another thread, until the returned object is stopped."""
    declare = dramatiq.actor(actor_name=ACTOR, queue_name=QUEUE, broker=broker())
    declare(lambda _job_id: wake())
    # One thread is enough to wake a worker up.
    listener = dramatiq.Worker(broker(), worker_timeout=POLL_INTERVAL_MS, worker_threads=1)
    listener.start()
    return listener
