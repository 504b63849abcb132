"""A writer that takes ballots together which a test submits one after the other."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from votes.writer import Writer


class HeldWriter(Writer):
    """While it is held it takes nothing; then, all that has been submitted meanwhile."""

    def __init__(self) -> None:
        self._may_receive = threading.Lock()
        super().__init__()

    @contextmanager
    def held(self) -> Iterator[None]:
        with self._may_receive:
            yield

    def _receive(self) -> None:
        with self._may_receive:
            super()._receive()
