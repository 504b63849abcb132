"""Sockets and events: carries an event from the service that causes it to every subscribed socket.

An engine that knows no app. Apps register with it in their ``live.py``:

- :func:`command`: a command that clients send;
- :func:`endpoint`: a further WebSocket URL, with its own protocol;
- :func:`event`: a class of events;
- :func:`event_handler`: a function that each process calls for such an event;
- :func:`reloader`: how to read the state of subscribed topics from the database;
- :func:`log_reader`: how to read the newer entries of subscribed logs from the database;
- :func:`presence_event`: the event that reports how many people are subscribed to a topic;
- :func:`named_presence`: the events that report who they are;
- :func:`periodic`: a coroutine function that each process calls regularly.
"""

from realtime.commands import command
from realtime.convergence import periodic, reloader
from realtime.endpoints import endpoint
from realtime.events import event
from realtime.hub import Hub, event_handler
from realtime.logs import LogSlice, join_log, log_reader
from realtime.presence import named_presence, presence_event
from realtime.running import publish
from realtime.topics import SITE_TOPIC

__all__ = [
    "SITE_TOPIC",
    "Hub",
    "LogSlice",
    "command",
    "endpoint",
    "event",
    "event_handler",
    "join_log",
    "log_reader",
    "named_presence",
    "periodic",
    "presence_event",
    "publish",
    "reloader",
]
