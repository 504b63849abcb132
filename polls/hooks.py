"""Extension points of polls, see :mod:`apikit.registries`."""

from collections.abc import Sequence
from uuid import UUID

from apikit.registries import Hook
from polls.models import Poll

# Runs in the transaction that reopens a poll, with the poll locked and saved: (poll_id).
poll_reopened: Hook[[UUID], None] = Hook()

# Runs in the transaction that opens or closes a poll, with the poll locked and saved.
poll_opened: Hook[[Poll], None] = Hook()
poll_closed: Hook[[Poll], None] = Hook()

# Runs after the rounds of a closed instant runoff were counted: (poll_id).
rounds_counted: Hook[[UUID], None] = Hook()

# Runs in the transaction that changes a poll in any way but by votes, with the poll locked and
# saved: (poll, verb), the verb as in the activity of projects, such as "poll.closed". Not for
# deletions.
poll_recorded: Hook[[Poll, str], None] = Hook()

# Runs in the transaction that changes what a poll without votes asks for: its kind, options or
# settings. What was stored about votes that were all taken back no longer fits. With the poll
# locked and not saved yet: (poll).
poll_asks_anew: Hook[[Poll], None] = Hook()

# Runs in the transaction that deletes polls, all of one project or account, while they are there.
polls_deleted: Hook[[Sequence[Poll]], None] = Hook()

# Runs in the transaction in which fewer people may see polls, because they are deleted, hidden or
# moved: (poll_ids).
poll_access_changed: Hook[[Sequence[UUID]], None] = Hook()
