"""Prepares a process before it serves, so that no request has to wait for it."""

import gc

from django.urls import get_resolver


def warm_up() -> None:
    """Imports all views, and keeps the garbage collector from what will never be garbage.

    Django imports the views with the first request, on the event loop: without this, every client
    would wait about 0.6 s for it. A full garbage collection would stop all threads for 0.1 s, to
    look through modules and classes.
    """
    get_resolver().url_patterns  # noqa: B018 - imports them
    gc.collect()
    gc.freeze()
