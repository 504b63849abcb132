"""The example vote of both API documents."""

from typing import Any

from polls.examples import QUESTION, TEA

COUNTED_VOTE: dict[str, Any] = {
    "id": "01985c2f-0b5e-7a31-8c22-5d1e0f6a7b88",
    "pollOptionId": TEA["id"],
    "optionText": TEA["text"],
    "pollQuestion": QUESTION,
    "createdAt": "2026-05-04T09:31:00Z",
}
