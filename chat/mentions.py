"""Finds the people that messages mention as ``@name``; a name has up to four words."""

import re
from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from accounts.identity import NAME_MAX_CHARS
from apikit.text import searchable
from chat.models import Membership, RoomKind
from workspaces.models import Member

# Of one message; the rest are not mentioned.
MAX_MENTIONS = 20
# Of several people with the same name.
_MAX_NAMESAKES = 10
# Longer than a name and the punctuation after it.
_MAX_CHARS_READ = 2 * NAME_MAX_CHARS

# The next @ may begin within the words.
_AFTER_AT = re.compile(r"(?<!\w)@(?=(\S+(?: \S+){0,3}))")
_ENDS_OF_SENTENCES = ".,;:!?)]}…\"'"

# A room and a folded name.
NamedIn = tuple[UUID, str]


def possible_names(body: str) -> list[list[str]]:
    """Return for each @ the names that may be meant, folded, the longest first.

    Bounded, also for a message of nothing but @: one thread writes the messages of all rooms.
    """
    if "@" not in body:
        return []
    found = islice(_AFTER_AT.finditer(body), MAX_MENTIONS)
    return [_prefixes(match[1][:_MAX_CHARS_READ]) for match in found]


def find_members(
    named: Collection[NamedIn], project_ids: Mapping[UUID, UUID]
) -> dict[NamedIn, list[UUID]]:
    """Return the members with these names, by room and name.

    ``project_ids`` are the projects of those rooms that belong to one. One query, and one for the
    rooms of projects; none without names.
    """
    of_projects = {each for each in named if each[0] in project_ids}
    others = {each for each in named if each[0] not in project_ids}
    found: dict[NamedIn, list[UUID]] = {}
    for room_id, name, user_id in (*_in_rooms(others), *_in_projects(of_projects)):
        namesakes = found.setdefault((room_id, name), [])
        if len(namesakes) < _MAX_NAMESAKES:
            namesakes.append(user_id)
    return found


def _in_rooms(named: Collection[NamedIn]) -> Iterable[tuple[UUID, str, UUID]]:
    if not named:
        return ()
    # In rooms that nobody has to join, anybody with a row has been there.
    is_there = Q(joined_at__isnull=False) | Q(room__kind__in=[RoomKind.POLL, RoomKind.LOBBY])
    members = Membership.objects.filter(
        is_there,
        room__any_of={room_id for room_id, _ in named},
        user__searchable_name__in={name for _, name in named},
        user__is_active=True,
        banned_at=None,
    ).order_by("id")
    return members.values_list("room_id", "user__searchable_name", "user")


def _in_projects(named: Collection[NamedIn]) -> Iterable[tuple[UUID, str, UUID]]:
    """Return the members of the projects of rooms, without those who are banned from the room."""
    if not named:
        return ()
    banned = Membership.objects.filter(
        room=OuterRef("project__room"), user=OuterRef("user"), banned_at__isnull=False
    )
    members = Member.objects.filter(
        ~Exists(banned),
        project__room__in={room_id for room_id, _ in named},
        user__searchable_name__in={name for _, name in named},
        user__is_active=True,
    ).order_by("id")
    return members.values_list("project__room", "user__searchable_name", "user")


def mentioned(
    room_id: UUID, names: Iterable[Iterable[str]], members: dict[NamedIn, list[UUID]]
) -> tuple[UUID, ...]:
    """Return the people that a message in the room mentions: for each @ the longest known name."""
    found: dict[UUID, None] = {}
    for prefixes in names:
        known = next(
            (members[room_id, name] for name in prefixes if (room_id, name) in members), ()
        )
        found |= dict.fromkeys(known)
    return tuple(found)[:MAX_MENTIONS]


def _prefixes(text: str) -> list[str]:
    """Return the first words of ``text``, four to one of them, with and without punctuation."""
    words = text.split(" ")
    prefixes: dict[str, None] = {}
    for count in range(len(words), 0, -1):
        name = " ".join(words[:count])
        prefixes |= dict.fromkeys((searchable(name), searchable(name.rstrip(_ENDS_OF_SENTENCES))))
    prefixes.pop("", None)
    return list(prefixes)
