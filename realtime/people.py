"""Which sockets belong to one person, so that an audience is counted in people."""

from hashlib import blake2b

from apikit.actors import Actor
from apikit.ids import new_id

# Six bytes: MessagePack, JSON and JavaScript all carry such a number exactly.
_KEY_BYTES = 6


def person_key(actor: Actor, browser: str = "") -> int:
    """A number that all sockets of a person share, in every process, and that names nobody.

    A user or guest is one person whatever they are connected with. A visitor is one per
    ``browser``, which is anything that a browser's pages share, such as a cookie; without one,
    each socket counts.
    """
    if actor.id:
        name = f"user {actor.id}"
    elif browser:
        name = f"browser {browser}"
    else:
        name = f"socket {new_id()}"
    return int.from_bytes(blake2b(name.encode(), digest_size=_KEY_BYTES).digest())
