"""Runs contestants at the same time and measures them in turns.

The machine's speed drifts by half within minutes, so contestants measured one after the other would
run on different machines. While one is measured, the others idle.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from bench.contestants import Start
from bench.contestants.base import Contestant, Setup
from bench.contestants.node import running_node
from bench.contestants.tallyroom import running_tallyroom
from bench.figures import Row
from bench.services import Services


@contextmanager
def running_side_by_side(
    services: Services, setup: Setup, starts: Sequence[Start] = (running_tallyroom, running_node)
) -> Iterator[list[Contestant]]:
    """Runs the contestants (default: Tallyroom and the Node server), seeded with ``setup``."""
    with ExitStack() as stack:
        yield [stack.enter_context(start(services, setup)) for start in starts]


async def by_turns(
    contestants: Sequence[Contestant],
    rounds: int,
    measure: Callable[[Contestant, int], Awaitable[Row]],
) -> list[list[Row]]:
    """Returns each contestant's rows, one per round; ``measure`` receives the round's number."""
    rows: list[list[Row]] = [[] for _ in contestants]
    for number in range(rounds):
        for contestant, own in zip(contestants, rows, strict=True):
            own.append(await measure(contestant, number))
    return rows
