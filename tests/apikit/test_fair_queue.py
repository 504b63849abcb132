"""Turns go round between clients, and a full queue refuses the client that fills it."""

from concurrent.futures import Future

from apikit.fair_queue import FairQueue


class ClientError(Exception):
    pass


class QueueError(Exception):
    pass


class Queue:
    """Turns one at a time, and the order in which they were given."""

    def __init__(
        self, max_waiting: int = 100, of_one: int = 100, *, evicts_longest: bool = True
    ) -> None:
        self.queue = FairQueue(
            concurrency=1,
            max_waiting=max_waiting,
            max_waiting_per_client=of_one,
            client_error=ClientError,
            queue_error=QueueError,
            evicts_longest=evicts_longest,
        )
        self.waiters: dict[str, Future[None]] = {}

    def acquire(self, *names: str) -> None:
        """``a1`` is a waiter of client ``a``."""
        for name in names:
            self.waiters[name] = Future()
            self.queue.acquire(name[0], self.waiters[name])

    def refused(self) -> dict[str, type[BaseException]]:
        return {
            name: type(error)
            for name, each in self.waiters.items()
            if each.done() and (error := each.exception())
        }

    def serve(self) -> list[str]:
        """Ends turns until nobody waits; returns whose they were."""
        served: list[str] = []
        while True:
            for name, each in self.waiters.items():
                if each.done() and not each.exception() and name not in served:
                    served.append(name)
                    self.queue.release()
                    break
            else:
                return served


def test_clients_take_turns_however_many_requests_one_has() -> None:
    queue = Queue()
    queue.acquire("a1", "a2", "a3", "a4", "b1", "c1", "b2")
    assert queue.serve() == ["a1", "a2", "b1", "c1", "a3", "b2", "a4"]


def test_one_client_can_queue_so_many() -> None:
    queue = Queue(of_one=2)
    queue.acquire("a1", "a2", "a3", "a4", "b1")
    assert queue.refused() == {"a4": ClientError}


def test_a_full_queue_evicts_from_the_longest_queue() -> None:
    queue = Queue(max_waiting=3)
    queue.acquire("a1", "a2", "a3", "a4", "b1", "c1")
    assert queue.refused() == {"a4": QueueError, "a3": QueueError}
    assert queue.queue.waiting == 3
    assert queue.serve() == ["a1", "a2", "b1", "c1"]


def test_without_eviction_a_full_queue_refuses_the_newcomer() -> None:
    queue = Queue(max_waiting=3, evicts_longest=False)
    queue.acquire("a1", "a2", "a3", "a4", "b1")
    assert queue.refused() == {"b1": QueueError}
    assert queue.serve() == ["a1", "a2", "a3", "a4"]


def test_where_all_have_as_many_the_newcomer_is_refused() -> None:
    queue = Queue(max_waiting=2)
    queue.acquire("a1", "b1", "c1", "d1", "b2")
    assert queue.refused() == {"d1": QueueError, "b2": QueueError}


def test_a_queue_of_none_refuses_immediately() -> None:
    queue = Queue(max_waiting=0)
    queue.acquire("a1", "a2")
    assert queue.refused() == {"a2": QueueError}


def test_cancelling_makes_room_and_passes_a_turn_on() -> None:
    queue = Queue(max_waiting=1)
    queue.acquire("a1", "b1")
    queue.queue.cancel("b", queue.waiters["b1"])
    assert queue.queue.waiting == 0
    queue.acquire("c1")
    queue.queue.cancel("a", queue.waiters["a1"])
    assert queue.waiters["c1"].done()
    queue.queue.cancel("c", queue.waiters["c1"])
    queue.acquire("d1")
    assert queue.waiters["d1"].done()


def test_a_refused_waiter_has_no_turn_to_give_back() -> None:
    queue = Queue(max_waiting=0)
    queue.acquire("a1", "b1")
    queue.queue.cancel("b", queue.waiters["b1"])
    queue.acquire("c1")
    assert set(queue.refused()) == {"b1", "c1"}


def test_a_cancelled_waiter_is_passed_over() -> None:
    queue = Queue()
    queue.acquire("a1", "b1", "c1")
    queue.waiters["b1"].cancel()
    queue.queue.release()
    assert queue.waiters["c1"].done()
