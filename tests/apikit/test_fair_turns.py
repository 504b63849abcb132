"""Turns go round between subjects, and a full queue takes from the one that fills it."""

from concurrent.futures import Future

from apikit.fair_turns import FairTurns


class RefusedError(Exception):
    pass


class Queue:
    """Turns one at a time, and the order in which they were given."""

    def __init__(self, waiting: int = 100, of_one: int = 100) -> None:
        self.turns = FairTurns(1, waiting, of_one, RefusedError)
        self.tickets: dict[str, Future[None]] = {}

    def ask(self, *names: str) -> None:
        """``a1`` is a ticket of subject ``a``."""
        for name in names:
            self.tickets[name] = Future()
            self.turns.ask(name[0], self.tickets[name])

    def refused(self) -> set[str]:
        return {name for name, each in self.tickets.items() if each.done() and each.exception()}

    def serve(self) -> list[str]:
        """Ends turns until nobody waits; returns whose they were."""
        served: list[str] = []
        while True:
            for name, each in self.tickets.items():
                if each.done() and not each.exception() and name not in served:
                    served.append(name)
                    self.turns.leave()
                    break
            else:
                return served


def test_subjects_take_turns_however_much_one_has_queued() -> None:
    queue = Queue()
    queue.ask("a1", "a2", "a3", "a4", "b1", "c1", "b2")
    assert queue.serve() == ["a1", "a2", "b1", "c1", "a3", "b2", "a4"]


def test_one_subject_may_queue_so_many() -> None:
    queue = Queue(of_one=2)
    queue.ask("a1", "a2", "a3", "a4", "b1")
    assert queue.refused() == {"a4"}


def test_a_full_queue_makes_room_at_the_expense_of_the_longest_queue() -> None:
    queue = Queue(waiting=3)
    queue.ask("a1", "a2", "a3", "a4", "b1", "c1")
    assert queue.refused() == {"a4", "a3"}
    assert queue.turns.waiting == 3
    assert queue.serve() == ["a1", "a2", "b1", "c1"]


def test_where_all_have_the_same_the_newcomer_is_refused() -> None:
    queue = Queue(waiting=2)
    queue.ask("a1", "b1", "c1", "d1", "b2")
    assert queue.refused() == {"d1", "b2"}


def test_a_queue_of_none_refuses_at_once() -> None:
    queue = Queue(waiting=0)
    queue.ask("a1", "a2")
    assert queue.refused() == {"a2"}


def test_giving_up_makes_room_and_passes_a_turn_on() -> None:
    queue = Queue(waiting=1)
    queue.ask("a1", "b1")
    queue.turns.give_up("b", queue.tickets["b1"])
    assert queue.turns.waiting == 0
    queue.ask("c1")
    queue.turns.give_up("a", queue.tickets["a1"])
    assert queue.tickets["c1"].done()
    queue.turns.give_up("c", queue.tickets["c1"])
    queue.ask("d1")
    assert queue.tickets["d1"].done()


def test_a_refused_ticket_has_no_turn_to_give_back() -> None:
    queue = Queue(waiting=0)
    queue.ask("a1", "b1")
    queue.turns.give_up("b", queue.tickets["b1"])
    queue.ask("c1")
    assert queue.refused() == {"b1", "c1"}


def test_a_cancelled_ticket_is_passed_over() -> None:
    queue = Queue()
    queue.ask("a1", "b1", "c1")
    queue.tickets["b1"].cancel()
    queue.turns.leave()
    assert queue.tickets["c1"].done()
