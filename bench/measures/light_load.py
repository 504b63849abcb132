"""Light load: 200 watchers, 20 votes per second; from sending a vote to the frame showing it."""

from bench.bench import Bench
from bench.checks import check_screens
from bench.contestants.base import Contestant, Setup, close_all
from bench.contestants.side_by_side import by_turns, running_side_by_side
from bench.figures import Findings, Goal, Row, median_of, p50, ratio_of, row_of
from bench.load import SocketVotes, ballots, open_loop
from bench.voting import warm_up
from bench.watching import Instant, Screen

WATCHERS = 200
VOTES_PER_SECOND = 20
SECONDS = 6.0
WHAT = "light load: from sending to frame"


async def run(bench: Bench) -> Findings:
    count = int(VOTES_PER_SECOND * bench.seconds(SECONDS))

    async def vote_and_watch(contestant: Contestant, number: int) -> Row:
        return await _vote_and_watch(contestant, number, bench.size(WATCHERS))

    setup = Setup(voters=count, polls=(0,) * bench.repetitions)
    with running_side_by_side(bench.services, setup) as contestants:
        for contestant in contestants:
            await warm_up(contestant)
        ours, theirs = await by_turns(contestants, bench.repetitions, vote_and_watch)
    goal = Goal(f"{WHAT}, p50 by the Node server's", ratio_of(ours, theirs, p50), 1.0, is_most=True)
    return [median_of(ours), median_of(theirs), goal]


async def _vote_and_watch(contestant: Contestant, number: int, size: int) -> Row:
    poll, tokens = contestant.known.polls[number], contestant.known.tokens
    watchers = await contestant.open_watchers(poll, size)
    voters = await contestant.open_voters(tokens)
    screens = [Screen(watcher) for watcher in watchers]
    before = contestant.usage()
    lane = ballots([poll], tokens)
    answered = await open_loop(contestant, SocketVotes(voters), lane, VOTES_PER_SECOND)
    end = await check_screens(contestant, poll, watchers)
    usage = contestant.usage().since(before)
    close_all([*watchers, *voters])
    # Votes are sent in order, so a frame with n votes shows the n-th.
    due_s = sorted(each.due_s for each in answered)
    instants = [Instant(at_s, number) for number, at_s in enumerate(due_s, start=1)]
    lags_s = [lag_s for screen in screens for lag_s in screen.lags_s(instants)]
    what = f"{len(watchers)} watchers, {VOTES_PER_SECOND} votes a second: from sending to frame"
    return row_of(what, contestant.name, usage, lags_s, "frames/s", end.note)
