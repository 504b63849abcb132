"""Contestants that run at the same time and are measured by turns.

The machine's speed drifts by half within minutes: measured one after the other, they would be
measured on different machines. Whichever isn't its turn idles.
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
    """Tallyroom and the Node server, unless told otherwise, each with what ``setup`` says."""
    with ExitStack() as stack:
        yield [stack.enter_context(start(services, setup)) for start in starts]


async def by_turns(
    contestants: Sequence[Contestant],
    rounds: int,
    measure: Callable[[Contestant, int], Awaitable[Row]],
) -> list[list[Row]]:
    """Each contestant's rows, one for each round; ``measure`` is told which round it is."""
    rows: list[list[Row]] = [[] for _ in contestants]
    for number in range(rounds):
        for contestant, own in zip(contestants, rows, strict=True):
            own.append(await measure(contestant, number))
    return rows
