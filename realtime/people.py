"""Who is behind the sockets: one key per person, their names, and who is related to whom."""

from collections.abc import Collection, Mapping
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

from apikit.actors import Actor
from apikit.ids import new_id
from apikit.registries import Hook, Provider

# Six bytes: MessagePack, JSON and JavaScript represent such a number exactly.
_KEY_BYTES = 6


class Person(NamedTuple):
    """A user or guest, as others see them.

    ``order`` rises with every change, so that of two versions the newer one is known. A person who
    ``is_hidden`` is counted, but not named.
    """

    id: UUID
    name: str
    status: str
    order: int = 0
    is_hidden: bool = False


def _read_nobody(user_ids: Collection[UUID]) -> Mapping[UUID, Person]:
    return {}


# Reads people by their user ids, with one query; called in a thread, with up to 500 ids.
read_people: Provider[[Collection[UUID]], Mapping[UUID, Person]] = Provider(_read_nobody)

# Functions that read, for each of up to 500 users, the ids of users who get the events when that
# user comes online or goes offline. Called in a thread, with one query if possible. They must bound
# what they return, for instance by leaving out rooms that are open to everybody.
related_people: Hook[[Collection[UUID]], Mapping[UUID, Collection[UUID]]] = Hook()


def has_related_people() -> bool:
    """Whether any app says who is related to whom."""
    return any(True for _ in related_people)


def read_related_people(user_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Returns the related users of each user, from all registered functions, without themselves."""
    related: dict[UUID, set[UUID]] = {user_id: set() for user_id in user_ids}
    for read in related_people:
        for user_id, others in read(user_ids).items():
            related[user_id].update(others)
    for user_id, others in related.items():
        others.discard(user_id)
    return related


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


def user_key(user_id: UUID) -> int:
    """Returns the key of a user or guest."""
    return person_key(Actor(user_id))
