"""Why the server closes a socket: 4000–4499 say come back, 4500–4999 say don't.

As in Centrifugo, the number carries the policy, so that a client needs no list of codes.
"""

from enum import IntEnum
from typing import Self


class CloseCode(IntEnum):
    """Each with the sentence that goes with it as the close reason, 123 bytes at most."""

    reason: str

    def __new__(cls, code: int, reason: str) -> Self:
        member = int.__new__(cls, code)
        member._value_ = code
        member.reason = reason
        return member

    RESTARTING = 4000, "The server is restarting: come back."
    FELL_BEHIND = 4001, "You read too slowly: come back, and get where things stand."
    TOO_MANY_SOCKETS = 4002, "The server is full: come back in a while."
    TOO_MANY_SOCKETS_OF_ADDRESS = 4003, "Too many sockets from your network: come back in a while."
    IDLE = 4004, "You followed nothing and sent nothing for long: come back when you need to."
    TOKEN_INVALID = 4401, "The token is invalid or has expired: come back with a new one."
    SIGNED_OUT = 4402, "You have signed out: come back with a new token."
    TOO_MANY_COMMANDS = 4429, "Too many commands: come back, and send fewer."
    BAD_FRAME = 4500, "Frames must be JSON text."
    TOO_LARGE = 4501, "That frame was too large."
    SUSPENDED = 4503, "This account is suspended."
    NOT_FOUND = 4504, "There is nothing here."
    BAD_ORIGIN = 4505, "The Origin header could not be read."
    TOO_MANY_SOCKETS_OF_USER = 4529, "You have too many open sockets."
