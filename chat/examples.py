"""The example room of the OpenAPI and AsyncAPI documents."""

from typing import Any

ROOM_ID = "01985c2e-8f10-7d52-b3a4-6a0c5e9d5a01"
MESSAGE_ID = "01985c2e-8f10-7d52-b3a4-6a0c5e9d5a02"
PERSON: dict[str, Any] = {
    "id": "01985c2e-7a4b-7c11-9f0e-3f3b1c7d2a10",
    "name": "Ada",
    "isGuest": False,
}

MESSAGE: dict[str, Any] = {
    "id": MESSAGE_ID,
    "roomId": ROOM_ID,
    "seq": 5,
    "revision": 7,
    "kind": "text",
    "author": PERSON,
    "body": "Tea, please.",
    "parentId": None,
    "replyCount": 0,
    "lastReplyAt": None,
    "pollId": None,
    "mentions": [],
    "reactions": [],
    "createdAt": "2026-05-04T09:31:00Z",
    "editedAt": None,
    "deletedAt": None,
}
EDITED_MESSAGE: dict[str, Any] = {
    **MESSAGE,
    "revision": 8,
    "body": "Tea, please!",
    "editedAt": "2026-05-04T09:32:00Z",
}
DELETED_MESSAGE: dict[str, Any] = {
    **MESSAGE,
    "revision": 9,
    "body": "",
    "deletedAt": "2026-05-04T09:33:00Z",
}
