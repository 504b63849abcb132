"""Descriptions of the message endpoints for the OpenAPI document."""

from functools import partial

from apikit.errors import AuthenticationRequiredError, ForbiddenError, InvalidCursorError
from apikit.pagination import ONE_PAGE
from apikit.schema import operation
from apikit.wire import Done
from chat import errors, lobby_wire, serializers, wire
from chat.errors import (
    POST_REFUSALS,
    READ_REFUSALS,
    BannedFromRoomError,
    MessageDeletedError,
    MessageNotFoundError,
    NotRoomMemberError,
    RoomNotFoundError,
)
from chat.examples import LOBBY_MESSAGE, MESSAGE, MESSAGE_ID, REPLY, ROOM_ID
from polls.errors import PollNotFoundError

_read = partial(operation, tag="Messages")
_write = partial(operation, tag="Messages", is_write=True)

_READING = READ_REFUSALS
_ABOUT_ONE = [MessageNotFoundError, NotRoomMemberError, BannedFromRoomError]
_WRITING = [errors.MutedError, errors.AnnouncementOnlyError]
_NONE_LEFT = {"limit": 50, "before": None, "after": None}

list_messages = _read(
    "listMessages",
    "List the messages of a room",
    description="The newest messages, in the order of `seq`, replies included. To read older ones, "
    "send `pagination.before` as `before`; to read what came since, send the last `seq` you have "
    "as `after`. `seq` has no gaps, so a client can tell whether it misses something. A deleted "
    "message keeps its place, without a body.",
    auth="optional",
    query=serializers.PlaceQuerySerializer,
    refusals=_READING,
    success={200: wire.MessagePage},
    example={
        "messages": [MESSAGE, REPLY],
        "pagination": {"limit": 50, "before": 7, "after": None},
        "lastSeq": 8,
        "revision": 9,
    },
)
post_message = _write(
    "postMessage",
    "Send a message",
    description="Sends plain text to a room; `@name` mentions members of the room. The response is "
    "sent after the message has been committed. Send an `Idempotency-Key`, so that you can repeat "
    "the request safely.",
    body=serializers.MessageCreateSerializer,
    body_example={"roomId": ROOM_ID, "body": "Tea or coffee?"},
    refusals=[*POST_REFUSALS, MessageNotFoundError, MessageDeletedError, PollNotFoundError],
    success={201: wire.ChangedMessage},
    example={"message": "Message sent successfully", "data": MESSAGE},
)
edit_message = _write(
    "editMessage",
    "Edit a message",
    description="Replaces the text of your own message. Moderators of the site can read the "
    "earlier texts.",
    body=serializers.MessageChangeSerializer,
    body_example={"body": "Tea, or coffee?"},
    refusals=[
        *_ABOUT_ONE,
        *_WRITING,
        MessageDeletedError,
        errors.NotMessageAuthorError,
        errors.TooManyEditsError,
    ],
    success={200: wire.ChangedMessage},
    example={
        "message": "Message updated successfully",
        "data": {**MESSAGE, "body": "Tea, or coffee?", "editedAt": "2026-05-04T09:32:30Z"},
    },
)
delete_message = _write(
    "deleteMessage",
    "Delete a message",
    description="Removes the text of your own message, or of any message in a room that you "
    "moderate. The message keeps its place. Repeating it is not an error.",
    refusals=[*_ABOUT_ONE, errors.NotMessageAuthorError],
    success={200: Done},
    example={"message": "Message deleted successfully"},
)
search_messages = _read(
    "searchMessages",
    "Search messages",
    description="Messages that contain a text, newest first: in one room, or in all rooms that "
    "you have joined.",
    auth="optional",
    query=serializers.MessageSearchSerializer,
    refusals=[*_READING, AuthenticationRequiredError, InvalidCursorError],
    success={200: wire.FoundMessages},
    example={"messages": [MESSAGE], "pagination": ONE_PAGE},
)
list_replies = _read(
    "listReplies",
    "List the replies to a message",
    description="The newest replies, in the order of `seq`; `before` and `after` work as in "
    "`listMessages`. `unreadReplies` counts those that came since you last read the thread, if you "
    "follow it. The authors of a thread follow it.",
    auth="optional",
    query=serializers.PlaceQuerySerializer,
    refusals=_ABOUT_ONE,
    success={200: wire.ThreadPage},
    example={
        "parent": MESSAGE,
        "replies": [REPLY],
        "pagination": _NONE_LEFT,
        "isFollowing": True,
        "unreadReplies": 1,
    },
)
_reaction = partial(
    _write,
    refusals=[*_ABOUT_ONE, MessageDeletedError, errors.MutedError],
    success={200: wire.ChangedMessage},
)
add_reaction = _reaction(
    "addReaction",
    "Add a reaction",
    description="Adds an emoji to a message. Repeating it is not an error.",
    example={"message": "Reaction added successfully", "data": MESSAGE},
)
remove_reaction = _reaction(
    "removeReaction",
    "Remove a reaction",
    description="Takes your emoji back. It is not an error if there is none.",
    example={"message": "Reaction removed successfully", "data": {**MESSAGE, "reactions": []}},
)
_thread = partial(_write, refusals=_ABOUT_ONE, success={200: wire.FollowedThread})
_FOLLOWED = {"messageId": MESSAGE_ID, "isFollowing": True, "lastReadSeq": 8}
follow_thread = _thread(
    "followThread",
    "Follow a thread",
    description="From now on, the replies that you have not read are counted. Repeating it is not "
    "an error.",
    example=_FOLLOWED,
)
unfollow_thread = _thread(
    "unfollowThread",
    "Unfollow a thread",
    description="It is not an error if you do not follow the thread.",
    example={**_FOLLOWED, "isFollowing": False, "lastReadSeq": None},
)
mark_thread_read = _thread(
    "markThreadRead",
    "Mark a thread as read",
    description="Moves your read marker in a thread that you follow forward to `seq`, and never "
    "back. In a thread that you do not follow, it does nothing.",
    body=serializers.SeqSerializer,
    body_example={"seq": 8},
    example=_FOLLOWED,
)
list_edits = _read(
    "listEdits",
    "List the earlier texts of a message",
    description="For moderators of the site, oldest first.",
    refusals=[*_ABOUT_ONE, ForbiddenError],
    success={200: wire.EditHistory},
    example={"edits": [{"body": "Tee or coffee?", "replacedAt": "2026-05-04T09:32:30Z"}]},
)
list_lobby = _read(
    "listLobbyMessages",
    "List the messages of the lobby",
    description="For older clients: the newest 500 messages of the lobby, oldest first. "
    "`listMessages` has pages.",
    auth="optional",
    refusals=[RoomNotFoundError],
    success={200: lobby_wire.LobbyMessages},
    example={"success": True, "message": "Messages retrieved", "data": [LOBBY_MESSAGE]},
)
send_to_lobby = _write(
    "sendToLobby",
    "Send a message to the lobby",
    description="For older clients. The author is the one of the token; without a token, a guest "
    "with the given name. `userId` does not decide who the author is. If it is the one of a "
    "Socket.IO client in the lobby, a message without a token is accepted only as the copy of a "
    "message that this client sends over its socket, at about the same time and with the same "
    "`timeStamp`; the answer is that message.",
    auth="optional",
    body=serializers.LobbyMessageSerializer,
    body_example={"userName": "Ada", "messageBody": "Hello!", "userId": "7"},
    refusals=[*POST_REFUSALS, errors.LobbyIdTakenError],
    success={201: lobby_wire.SentToLobby},
    example={"success": True, "message": "Message sent successfully", "data": LOBBY_MESSAGE},
)
