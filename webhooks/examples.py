"""Examples for the OpenAPI document."""

from typing import Any

from polls.examples import POLL_HEAD, RESULTS

WEBHOOK_ID = "01985c2e-8f10-7d52-b3a4-6a0c5e9d6a01"
DELIVERY_ID = "01985c2e-8f10-7d52-b3a4-6a0c5e9d6b01"
URL = "https://hooks.example.org/tallyroom"
SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"  # noqa: S105 - an example

WEBHOOK: dict[str, Any] = {
    "id": WEBHOOK_ID,
    "projectId": None,
    "name": "Our own service",
    "url": URL,
    "format": "standard",
    "language": "en",
    "events": ["poll.opened", "poll.closed"],
    "isEnabled": True,
    "disabledAt": None,
    "disabledReason": None,
    "failingSince": None,
    "lastDeliveredAt": "2026-05-04T09:41:00Z",
    "droppedCount": 0,
    "createdAt": "2026-05-04T09:30:00Z",
    "updatedAt": "2026-05-04T09:30:00Z",
}
POLL_CLOSED: dict[str, Any] = {
    "type": "poll.closed",
    "timestamp": "2026-05-04T09:40:59.120Z",
    "data": {
        "projectId": None,
        "workspaceId": None,
        "revision": 3,
        "poll": POLL_HEAD | {"state": "closed"},
        "results": RESULTS,
    },
}
DELIVERY: dict[str, Any] = {
    "id": DELIVERY_ID,
    "event": "poll.closed",
    "state": "delivered",
    "attempts": 1,
    "createdAt": "2026-05-04T09:40:59Z",
    "nextAttemptAt": None,
    "attemptedAt": "2026-05-04T09:41:00Z",
    "finishedAt": "2026-05-04T09:41:00Z",
    "failure": None,
    "responseStatus": 204,
    "durationMs": 87,
}
DELIVERY_DETAILS: dict[str, Any] = {**DELIVERY, "payload": POLL_CLOSED, "responseBody": ""}
QUEUED_DELIVERY: dict[str, Any] = {
    **DELIVERY_DETAILS,
    "state": "pending",
    "attempts": 0,
    "nextAttemptAt": "2026-05-04T09:40:59Z",
    "attemptedAt": None,
    "finishedAt": None,
    "responseStatus": None,
    "durationMs": None,
}
