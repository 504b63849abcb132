"""Extension points of chat, see :mod:`apikit.registries`."""

from collections.abc import Sequence

from apikit.registries import Hook
from chat.events import MessagePosted
from chat.models import Room

# Runs in the transaction that posts messages of people, with their rooms locked, once for each
# batch: (room, message) in the order of the messages.
messages_posted: Hook[[Sequence[tuple[Room, MessagePosted]]], None] = Hook()
