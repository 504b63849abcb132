"""What the admin pages of rooms, messages and members have in common."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from chat.models import Room

# The most rooms, people and texts that a search matches, so that its cost is bounded.
FOUND_MAX = 200
# Where a search finds rooms.
NAME_COLUMNS = ("searchable_name", "poll__searchable_question", "project__searchable_name")


def title_of(room: Room) -> str:
    """Return the name of a room, of its project, or the question of its poll."""
    if room.poll is not None:
        return room.poll.question
    return room.name if room.project is None else room.project.name


def room_link(room: Room) -> SafeString:
    """Return the name of a room, linked to its page."""
    address = reverse("admin:chat_room_change", args=[room.pk])
    return format_html('<a href="{}">{}</a>', address, title_of(room))


def some_of(rows: "QuerySet[Any]") -> list[Any]:
    """Return the ids of the newest FOUND_MAX rows."""
    return list(rows.order_by("-id").values_list("id", flat=True)[:FOUND_MAX])
