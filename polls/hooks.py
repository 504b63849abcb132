"""What apps above polls add to them, so that polls need not know those apps."""

from accounts.hooks import Hook

# Runs in the transaction that reopens a poll, with the poll locked and saved: (poll_id).
poll_reopened = Hook()
