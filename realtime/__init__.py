"""How news travels: from the service that caused it to every socket that wants to know.

An engine that knows no app. Apps plug in from their ``live.py``: commands that clients send
(:func:`command`), older doors they come in by (:func:`door`), events that reach them
(:func:`event`), the truth that watched topics can be read from again (:func:`source`), what a
process does on hearing of something (:func:`reaction`) and every so often (:func:`periodic`).
"""

from realtime.endpoints import door
from realtime.handlers import command, periodic, reaction, source, watched
from realtime.hub import SITE_TOPIC, Hub, publish

__all__ = [
    "SITE_TOPIC",
    "Hub",
    "command",
    "door",
    "periodic",
    "publish",
    "reaction",
    "source",
    "watched",
]
