"""Errors about rooms and messages."""

from accounts.errors import AccountSuspendedError
from apikit.errors import (
    ApiError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    ServerUnavailableError,
    TooManyRequestsError,
)


class RoomNotFoundError(NotFoundError):
    """The room does not exist, or the client may not see it."""

    code = "room.not_found"
    message = "There is no such room."


class MessageNotFoundError(NotFoundError):
    """The message does not exist, or the client may not see its room."""

    code = "message.not_found"
    message = "There is no such message."


class TooManyEditsError(ConflictError):
    code = "message.too_many_edits"
    message = "This message has been edited too often. Write a new one."


class MessageDeletedError(ConflictError):
    code = "message.deleted"
    message = "This message was deleted."


class NotRoomMemberError(ForbiddenError):
    code = "room.not_member"
    message = "Join this room first."


class NotRoomOwnerError(ForbiddenError):
    code = "room.not_owner"
    message = "Only the owner of this room or a moderator can do this."


class NotMessageAuthorError(ForbiddenError):
    code = "message.not_author"
    message = "Only the author can edit this message."


class BannedFromRoomError(ForbiddenError):
    code = "room.banned"
    message = "You were removed from this room."


class MutedError(ForbiddenError):
    code = "room.muted"
    message = "You cannot write in this room at the moment."


class AnnouncementOnlyError(ForbiddenError):
    code = "room.announcement_only"
    message = "Only the owner writes in this room."


class SlowModeError(TooManyRequestsError):
    """Carries the seconds until the next message is accepted."""

    code = "room.slow_mode"
    message = "Slow mode is on in this room. Wait a moment before you write again."


class LastOwnerError(ConflictError):
    code = "room.last_owner"
    message = "You are the only owner. Make somebody else an owner before you leave."


class MessageWriterBusyError(ServerUnavailableError):
    code = "message.busy"
    message = "Too many messages are waiting just now: try again in a second."


class MessageInDoubtError(ServerUnavailableError):
    """The connection to the database broke at the commit."""

    code = "message.in_doubt"
    message = "The message may have been saved. Send it again with the same key to find out."


class RoomKindError(ConflictError):
    """The room has another kind than the action needs, such as leaving a direct room."""

    code = "room.kind"
    message = "This is not possible in a room of this kind."


class AlreadyMemberError(ConflictError):
    """Somebody who is invited has joined already."""

    code = "room.already_member"
    message = "This person is a member of the room already."


class RoomNotJoinedError(ConflictError):
    """The socket is not subscribed to the room."""

    code = "room.not_joined"
    message = "This socket has not joined the room: send join-room first."


class LobbyIdTakenError(ConflictError):
    """The ``userId`` of the lobby's older conversation belongs to another client."""

    code = "lobby.id_taken"
    message = "Somebody else uses this userId in the lobby. Join with another one."


# The errors that both API documents list, for reading a room and for posting in it.
READ_REFUSALS: tuple[type[ApiError], ...] = (
    RoomNotFoundError,
    NotRoomMemberError,
    BannedFromRoomError,
)
POST_REFUSALS: tuple[type[ApiError], ...] = (
    *READ_REFUSALS,
    AnnouncementOnlyError,
    MutedError,
    SlowModeError,
    AccountSuspendedError,
    MessageWriterBusyError,
    MessageInDoubtError,
)
