"""The interface between the group commit and the app whose items it commits."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from apikit.errors import ApiError

Item = TypeVar("Item")
Result = TypeVar("Result")
Event = TypeVar("Event")

# Takes a condition; returns the queued items that meet it, which join the batch.
DrainLate = Callable[[Callable[[Item], bool]], Sequence[Item]]


@dataclass(frozen=True, slots=True)
class BatchResult(Generic[Result, Event]):
    """A committed batch: the result or error of each item, in order, and the events to publish."""

    results: list[Result | ApiError]
    events: list[Event]


class Committer(ABC, Generic[Item, Result, Event]):
    """Writes the items of a group commit.

    ``commit``, ``publish`` and ``observe`` run in the thread of the group commit.
    """

    # The name of the thread, and of its failures in logs and metrics.
    name: ClassVar[str]
    # Raised for an item that finds the queue full or the thread stopping.
    busy_error: ClassVar[type[ApiError]]
    # The error of an item if the outcome of its commit is unknown.
    in_doubt_error: ClassVar[type[ApiError]]

    @property
    @abstractmethod
    def max_waiting(self) -> int:
        """How many items may be queued."""

    @property
    @abstractmethod
    def max_batch(self) -> int:
        """How many items may share a transaction."""

    @property
    @abstractmethod
    def retry_timeout_s(self) -> float:
        """How long the items of a failed batch may be retried."""

    @abstractmethod
    def commit(
        self,
        items: Sequence[Item],
        *,
        is_retry: bool = False,
        drain_late: DrainLate[Item] | None = None,
    ) -> BatchResult[Result, Event]:
        """Writes ``items`` in one transaction; committed on return.

        ``is_retry`` means that an earlier try may have been committed although it failed, so items
        that were written already have to be recognised. ``drain_late`` adds items that were queued
        since the batch began; their results come last, in the order in which they were returned.

        An invalid item gets an error among the results. Any exception fails the whole batch.
        """

    @abstractmethod
    def publish(self, events: Sequence[Event]) -> None:
        """Publishes the events of a committed batch, after its results were delivered."""

    def observe(self, results: Sequence[Result | ApiError], duration_s: float) -> None:
        """Records metrics of a batch; ``duration_s`` is the time that committing took."""
