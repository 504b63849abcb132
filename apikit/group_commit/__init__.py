"""Group commit: many small writes in few transactions.

One thread takes all queued items, commits them in one transaction, and resolves the future of each.
Items that arrive meanwhile form the next batch. There is no timer: a single item never waits for
others, and batches grow with the load. If a batch fails, its items are retried one by one, so that
an invalid item fails alone. Stopping commits what is queued first.

The engine knows nothing about the items. A :class:`Committer` writes them: see ``votes.writer``.

The idea is that of PostgreSQL's ``commit_delay``, one level up: it shares the transaction, not only
the flush to disk, so that rows which many writers update are locked and written once per batch.
"""

from apikit.group_commit.committer import BatchResult, Committer, DrainLate
from apikit.group_commit.engine import GroupCommit
from apikit.group_commit.process import ProcessGroupCommit

__all__ = ["BatchResult", "Committer", "DrainLate", "GroupCommit", "ProcessGroupCommit"]
