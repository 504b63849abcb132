"""A writer whose next batch a test fills ballot by ballot."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from apikit.group_commit import GroupCommit
from votes.ballots import Ballot, Receipt
from votes.poll_batch import TopicEvent
from votes.writer import BallotCommitter


class HeldWriter(GroupCommit[Ballot, Receipt, TopicEvent]):
    """While held, it takes no ballots off the queue; then it takes all that were submitted."""

    def __init__(self) -> None:
        self._may_receive = threading.Lock()
        super().__init__(BallotCommitter())

    @contextmanager
    def held(self) -> Iterator[None]:
        with self._may_receive:
            yield

    def _receive(self) -> None:
        with self._may_receive:
            super()._receive()
