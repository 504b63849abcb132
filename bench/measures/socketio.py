"""Socket.IO: what a frame to a watcher costs, relative to native sockets and to the Node server.

Measured like ``fan_out``, with the same number of watchers in a poll for each kind of socket.
"""

from dataclasses import replace

from bench.bench import Bench
from bench.clients.speech import TallyroomSocketIo
from bench.contestants.base import Contestant, Setup
from bench.contestants.node import running_node
from bench.contestants.side_by_side import by_turns, running_side_by_side
from bench.contestants.tallyroom import running_tallyroom
from bench.figures import Findings, Goal, Row, median_of, rate, ratio_of
from bench.measures.fan_out import SECONDS, VOTERS, WARM_UP_S, WATCHERS, Room

WHAT = "CPU time of a frame to a Socket.IO watcher"
BY_NATIVE = 1.5


async def run(bench: Bench) -> Findings:
    setup = Setup(processes=1, voters=VOTERS * (bench.repetitions + 1), polls=(0, 0))
    starts = (running_tallyroom, running_node)
    with running_side_by_side(bench.services, setup, starts) as (native, node):
        contestants = [native, _over_socketio(native), node]
        rooms = {each.name: await Room.open(each, bench.size(WATCHERS)) for each in contestants}
        for room in rooms.values():
            await room.show(WARM_UP_S)

        async def show(contestant: Contestant, _: int) -> Row:
            return await rooms[contestant.name].show(bench.seconds(SECONDS))

        rows = await by_turns(contestants, bench.repetitions, show)
        for room in rooms.values():
            await room.close()
    ours, theirs = ratio_of(rows[0], rows[1], rate), ratio_of(rows[2], rows[1], rate)
    return [
        *map(median_of, rows),
        Goal(f"{WHAT}: by that to a native one", ours, BY_NATIVE, is_most=True),
        Goal(f"{WHAT}: by that of the Node server", theirs, 1.0, is_most=True),
    ]


def _over_socketio(native: Contestant) -> Contestant:
    """The same server with other sockets, in a poll of their own."""
    known = replace(native.known, polls=native.known.polls[::-1])
    name = f"{native.name}, Socket.IO"
    return replace(native, name=name, known=known, socket_kind=TallyroomSocketIo)
