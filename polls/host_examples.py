"""Examples of what participants suggest and hosts decide, for the API documents."""

from typing import Any

from polls.examples import POLL_ID

SUGGESTION_ID = "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f31"
SUGGESTION: dict[str, Any] = {
    "id": SUGGESTION_ID,
    "text": "Water",
    "state": "pending",
    "createdAt": "2026-05-04T09:31:00Z",
}
PENDING = {"texts": 0, "suggestions": 1}
WORD: dict[str, Any] = {
    "key": "teas",
    "verdict": "merged",
    "intoKey": "tea",
    "into": "Tea",
    "decidedAt": "2026-05-04T09:32:00Z",
}
HOST_VIEW: dict[str, Any] = {
    "pollId": POLL_ID,
    "pending": PENDING,
    "suggestions": [SUGGESTION],
    "removedOptions": [],
    "words": [],
}
ADDED = {"state": "pending", "option": None, "suggestion": SUGGESTION}
DECIDED = {"message": "Decided", "changed": True, "pending": {"texts": 0, "suggestions": 0}}
