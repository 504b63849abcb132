"""Close codes: 4000–4499 mean reconnect, 4500–4999 mean do not.

As in Centrifugo, the range carries the policy, so that clients need no list of codes.
"""

from enum import IntEnum
from typing import Self


class CloseCode(IntEnum):
    """Each code with its close reason, 123 bytes at most."""

    reason: str

    def __new__(cls, code: int, reason: str) -> Self:
        member = int.__new__(cls, code)
        member._value_ = code
        member.reason = reason
        return member

    RESTARTING = 4000, "The server is restarting. Reconnect."
    FELL_BEHIND = 4001, "You read too slowly. Reconnect and join again."
    TOO_MANY_SOCKETS = 4002, "The server is full. Reconnect later."
    TOO_MANY_SOCKETS_OF_ADDRESS = 4003, "Too many sockets from your network. Reconnect later."
    IDLE = 4004, "The socket was idle. Reconnect when you need it."
    TOKEN_INVALID = 4401, "The token is invalid or has expired. Reconnect with a new one."
    SIGNED_OUT = 4402, "You have signed out. Reconnect with a new token."
    TOO_MANY_COMMANDS = 4429, "Too many commands. Reconnect and send fewer."
    BAD_FRAME = 4500, "Frames must be JSON text."
    TOO_LARGE = 4501, "The frame was too large."
    SUSPENDED = 4503, "This account is suspended."
    NOT_FOUND = 4504, "There is nothing at this address."
    BAD_ORIGIN = 4505, "The Origin header is malformed."
    NOT_SOCKETIO = 4506, "This address takes Socket.IO packets. Send plain JSON to /ws."
    TOO_MANY_SOCKETS_OF_USER = 4529, "You have too many open sockets."
