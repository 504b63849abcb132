"""The example rooms and messages of both API documents."""

from typing import Any

from polls.examples import POLL_ID

ROOM_ID = "01985c31-2c6e-7f40-9d51-0b7a6f3e1c90"
MESSAGE_ID = "01985c31-8e02-7b1d-a5c4-4f6d2e9b7a13"
REPLY_ID = "01985c32-1b77-7c2e-8a90-7d1f3c5b9e24"
ADA_ID = "01985c2e-7a4b-7c11-9f0e-3f3b1c7d2a10"
GRACE_ID = "01985c2f-0b5e-7a31-8c22-5d1e0f6a7b88"

ADA = {"id": ADA_ID, "name": "Ada", "isGuest": False}
GRACE = {"id": GRACE_ID, "name": "Grace", "isGuest": False}

MESSAGE: dict[str, Any] = {
    "id": MESSAGE_ID,
    "roomId": ROOM_ID,
    "seq": 7,
    "revision": 9,
    "kind": "text",
    "author": ADA,
    "body": "@Grace Tea or coffee?",
    "parentId": None,
    "replyCount": 1,
    "lastReplyAt": "2026-05-04T09:33:10Z",
    "pollId": POLL_ID,
    "notice": None,
    "mentions": [GRACE_ID],
    "reactions": [{"emoji": "👍", "count": 1, "userIds": [GRACE_ID]}],
    "createdAt": "2026-05-04T09:32:00Z",
    "editedAt": None,
    "deletedAt": None,
}
REPLY: dict[str, Any] = {
    **MESSAGE,
    "id": REPLY_ID,
    "seq": 8,
    "revision": 8,
    "author": GRACE,
    "body": "Tea!",
    "parentId": MESSAGE_ID,
    "replyCount": 0,
    "lastReplyAt": None,
    "pollId": None,
    "mentions": [],
    "reactions": [],
    "createdAt": "2026-05-04T09:33:10Z",
}
# In events.
THREAD: dict[str, Any] = {
    "messageId": MESSAGE_ID,
    "replyCount": 1,
    "lastReplyAt": "2026-05-04T09:33:10Z",
}
EDITED_REPLY: dict[str, Any] = {
    **REPLY,
    "revision": 10,
    "body": "Tea, please!",
    "editedAt": "2026-05-04T09:34:00Z",
}
DELETED_REPLY: dict[str, Any] = {
    **REPLY,
    "revision": 11,
    "body": "",
    "deletedAt": "2026-05-04T09:35:00Z",
}
ROOM: dict[str, Any] = {
    "id": ROOM_ID,
    "kind": "group",
    "name": "Kitchen",
    "isOpen": False,
    "isAnnouncementOnly": False,
    "slowModeSeconds": 0,
    "pollId": None,
    "projectId": None,
    "creatorId": ADA_ID,
    "person": None,
    "memberCount": 2,
    "createdAt": "2026-05-04T09:31:00Z",
    "updatedAt": "2026-05-04T09:31:00Z",
    "role": "owner",
    "isMember": True,
    "isInvited": False,
    "isModerator": True,
    "mutedUntil": None,
    "lastSeq": 8,
    "revision": 9,
    "lastReadSeq": 7,
    "unreadCount": 1,
    "unreadMentions": 0,
    "lastMessage": REPLY,
}
MEMBER: dict[str, Any] = {
    "user": GRACE,
    "role": "member",
    "joinedAt": "2026-05-04T09:31:30Z",
    "invitedAt": None,
    "mutedUntil": None,
    "bannedAt": None,
}
LOBBY_MESSAGE: dict[str, Any] = {
    "userId": ADA_ID,
    "userName": "Ada",
    "messageBody": "Hello!",
    "timeStamp": "2026-05-04T09:32:00Z",
}
