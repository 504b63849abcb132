"""Recognises the sockets of one person, so that presence counts people instead of sockets."""

from hashlib import blake2b

from apikit.actors import Actor
from apikit.ids import new_id

# Six bytes: MessagePack, JSON and JavaScript represent such a number exactly.
_KEY_BYTES = 6


def person_key(actor: Actor, browser: str = "") -> int:
    """Returns a number that all sockets of a person share, in every process.

    It is a hash, so it reveals no identity. A user or guest is one person on all devices. A
    visitor is one person per ``browser``, a value that the pages of a browser share, such as a
    cookie; without it, each socket counts.
    """
    if actor.id:
        name = f"user {actor.id}"
    elif browser:
        name = f"browser {browser}"
    else:
        name = f"socket {new_id()}"
    return int.from_bytes(blake2b(name.encode(), digest_size=_KEY_BYTES).digest())
