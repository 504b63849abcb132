"""Queued items, and the delivery of their results to threads and event loops."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from apikit.errors import ApiError

Item = TypeVar("Item")
Result = TypeVar("Result")


class Deliveries:
    """Collects the results for event loops, so that a batch wakes each loop only once."""

    def __init__(self) -> None:
        self._by_loop: dict[
            asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any | ApiError]]
        ] = {}

    def add(self, future: "asyncio.Future[Any]", result: Any | ApiError) -> None:
        self._by_loop.setdefault(future.get_loop(), []).append((future, result))

    def send(self) -> None:
        for loop, resolved in self._by_loop.items():
            # Raised by a closed loop, where nobody waits any more.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_resolve_in_loop, resolved)


@dataclass(frozen=True, slots=True)
class Pending(Generic[Item, Result]):
    """A queued item.

    ``claim`` begins its commit; False if the caller has cancelled it. ``resolve`` delivers its
    result, at once or together with the other ``Deliveries``.
    """

    item: Item
    claim: Callable[[], bool]
    resolve: Callable[[Result | ApiError, Deliveries], None]


def pending_for_thread(item: Item, future: "Future[Result]") -> Pending[Item, Result]:
    """An item whose caller blocks on ``future``, and may cancel it until the commit begins."""
    return Pending(item, future.set_running_or_notify_cancel, partial(_resolve_now, future))


def pending_for_loop(item: Item, future: "asyncio.Future[Result]") -> Pending[Item, Result]:
    """An item whose caller awaits ``future``; committed even if the caller stops waiting."""
    return Pending(item, _always, partial(_resolve_later, future))


def _always() -> bool:
    return True


def _resolve_now(
    future: "Future[Result]", result: Result | ApiError, _deliveries: Deliveries
) -> None:
    _resolve(future, result)


def _resolve_later(
    future: "asyncio.Future[Result]", result: Result | ApiError, deliveries: Deliveries
) -> None:
    deliveries.add(future, result)


def _resolve_in_loop(resolved: "list[tuple[asyncio.Future[Any], Any | ApiError]]") -> None:
    for future, result in resolved:
        if not future.done():  # the caller may have been cancelled or timed out
            _resolve(future, result)


def _resolve(future: "Future[Any] | asyncio.Future[Any]", result: Any | ApiError) -> None:
    if isinstance(result, ApiError):
        future.set_exception(result)
    else:
        future.set_result(result)
