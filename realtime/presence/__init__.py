"""Presence: who is subscribed to a topic, counted or by name, and who is online.

Kept in memory only. Each process is the only writer of its people and sends the others what has
changed; see :mod:`realtime.presence.protocol`. A person with several sockets, in any processes,
counts once.
"""

from realtime.presence.events import PersonPresent, PresenceDiff, PresenceState
from realtime.presence.presence import Presence
from realtime.presence.registration import named_presence, presence_event

__all__ = [
    "PersonPresent",
    "Presence",
    "PresenceDiff",
    "PresenceState",
    "named_presence",
    "presence_event",
]
