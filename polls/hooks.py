"""Extension points of polls, see :mod:`apikit.registries`."""

from uuid import UUID

from apikit.registries import Hook

# Runs in the transaction that reopens a poll, with the poll locked and saved: (poll_id).
poll_reopened: Hook[[UUID], None] = Hook()
