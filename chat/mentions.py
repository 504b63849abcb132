"""Finds the people that messages mention as ``@name``; a name has up to four words."""

import re
from collections.abc import Collection, Iterable
from uuid import UUID

from apikit.text import searchable
from chat.models import Membership

# Of one message; the rest are not mentioned.
MAX_MENTIONS = 20
# Of several people with the same name.
_MAX_NAMESAKES = 10

# The next @ may begin within the words.
_AFTER_AT = re.compile(r"(?<!\w)@(?=(\S+(?: \S+){0,3}))")
_ENDS_OF_SENTENCES = ".,;:!?)]}…\"'"

# A room and a folded name.
NamedIn = tuple[UUID, str]


def possible_names(body: str) -> list[list[str]]:
    """Return for each @ the names that may be meant, folded, the longest first."""
    if "@" not in body:
        return []
    return [_prefixes(match[1]) for match in _AFTER_AT.finditer(body)][:MAX_MENTIONS]


def find_members(named: Collection[NamedIn]) -> dict[NamedIn, list[UUID]]:
    """Return the members with these names, by room and name; one query, none without names."""
    if not named:
        return {}
    members = Membership.objects.filter(
        room__any_of={room_id for room_id, _ in named},
        user__searchable_name__in={name for _, name in named},
        user__is_active=True,
        banned_at=None,
    ).order_by("id")
    found: dict[NamedIn, list[UUID]] = {}
    for room_id, name, user_id in members.values_list("room_id", "user__searchable_name", "user"):
        namesakes = found.setdefault((room_id, name), [])
        if len(namesakes) < _MAX_NAMESAKES:
            namesakes.append(user_id)
    return found


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
