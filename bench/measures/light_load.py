"""Light load: 200 watchers, 20 votes a second; from sending a vote to the frame that shows it."""

from bench.bench import Bench
from bench.checks import check_screens
from bench.contestants import Start
from bench.contestants.base import Setup, close_all
from bench.contestants.node import running_node
from bench.contestants.tallyroom import running_tallyroom
from bench.figures import Findings, Goal, Row, row_of
from bench.load import SocketVotes, ballots, open_loop
from bench.voting import warm_up
from bench.watching import Instant, Screen

WATCHERS = 200
VOTES_PER_SECOND = 20
SECONDS = 12.0


async def run(bench: Bench) -> Findings:
    theirs = await _measure(bench, running_node)
    ours = await _measure(bench, running_tallyroom)
    assert ours.p50_ms is not None
    assert theirs.p50_ms is not None
    what = "light load: p50 from sending to frame, yardstick 1's"
    return [ours, theirs, Goal(what, ours.p50_ms, theirs.p50_ms, "ms", is_most=True)]


async def _measure(bench: Bench, start: Start) -> Row:
    count = int(VOTES_PER_SECOND * bench.seconds(SECONDS))
    with start(bench.services, Setup(voters=count, polls=(0,))) as contestant:
        await warm_up(contestant)
        [poll], tokens = contestant.known.polls, contestant.known.tokens
        watchers = await contestant.open_watchers(poll, bench.size(WATCHERS))
        voters = await contestant.open_voters(tokens)
        screens = [Screen(watcher) for watcher in watchers]
        before = contestant.usage()
        lane = ballots([poll], tokens)
        answered = await open_loop(contestant, SocketVotes(voters), lane, VOTES_PER_SECOND)
        end = await check_screens(contestant, poll, watchers)
        usage = contestant.usage().since(before)
        close_all([*watchers, *voters])
    # Sent one after another, so the n-th is shown by a frame with n votes.
    due_s = sorted(each.due_s for each in answered)
    instants = [Instant(at_s, number) for number, at_s in enumerate(due_s, start=1)]
    lags_s = [lag_s for screen in screens for lag_s in screen.lags_s(instants)]
    what = f"{len(watchers)} watchers, {VOTES_PER_SECOND} votes a second: from sending to frame"
    return row_of(what, contestant.name, usage, lags_s, "frames/s", end.note)
