"""A full room: 2,000 watchers and 200 votes per second for half a minute."""

from dataclasses import replace

from bench.audience import seated
from bench.bench import Bench
from bench.contestants.base import Contestant, PollHandle, Setup
from bench.contestants.tallyroom import running_tallyroom
from bench.figures import Findings, Goal, Row, median_of, p99, quantile, ratio_of, row_of
from bench.load import Answered
from bench.voting import steady_rest_answers, steady_rest_votes, warm_up
from bench.watching import Instant, Screen

WATCHERS = 2_000
VOTES_PER_SECOND = 200
SECONDS = 30.0
# Without watchers, before and after that.
SECONDS_WITHOUT = 10.0
# Recording when frames arrive costs the load generator time, so only some screens are timed. All
# must be correct.
TIMED = 10
CONVERGES_WITHIN_MS = 1_000.0
SCREEN_P99_MS = 250.0
SLOWDOWN = 2.0


async def run(bench: Bench) -> Findings:
    count = int(VOTES_PER_SECOND * bench.seconds(SECONDS))
    with running_tallyroom(bench.services, Setup(voters=count, polls=(0, 0, 0))) as contestant:
        first, full, last = contestant.known.polls
        await warm_up(contestant)
        # Before and after, to compensate if the machine's speed drifts.
        before = await _vote_without_watchers(bench, contestant, first)
        votes, *findings = await _fill_room(bench, contestant, full)
        without = median_of([before, await _vote_without_watchers(bench, contestant, last)])
    assert isinstance(votes, Row)
    slowdown = ratio_of([votes], [without], p99)
    what = "votes' p99 by that with nobody watching"
    return [without, votes, *findings, Goal(what, slowdown, SLOWDOWN, is_most=True)]


async def _vote_without_watchers(bench: Bench, contestant: Contestant, poll: PollHandle) -> Row:
    count = int(VOTES_PER_SECOND * bench.seconds(SECONDS_WITHOUT))
    tokens = contestant.known.tokens[:count]
    what = f"{VOTES_PER_SECOND} votes a second, nobody watching"
    return await steady_rest_votes(what, contestant, poll, tokens, VOTES_PER_SECOND)


async def _fill_room(bench: Bench, contestant: Contestant, poll: PollHandle) -> Findings:
    """Returns the findings; the row of the votes comes first."""
    size = bench.size(WATCHERS)
    async with seated(contestant, poll, size, timed=TIMED) as audience:
        before = contestant.usage()
        answered, _ = await steady_rest_answers(
            contestant, poll, contestant.known.tokens, VOTES_PER_SECOND
        )
        end = await audience.converge()
        usage = contestant.usage().since(before)
    usage = replace(usage, client_s=usage.client_s + audience.cpu_s)
    what = f"{VOTES_PER_SECOND} votes a second, {size:,} watching"
    votes = row_of(what, contestant.name, usage, [each.took_s for each in answered], "votes/s")
    shown = _shown_row(f"{what}: from acknowledgement to screen", audience.screens, answered)
    assert shown.p99_ms is not None
    return [
        votes,
        shown,
        Goal(
            "all watchers exact after the last vote",
            end.took_s * 1000,
            CONVERGES_WITHIN_MS,
            "ms",
            is_most=True,
        ),
        Goal("p99 from acknowledgement to screen", shown.p99_ms, SCREEN_P99_MS, "ms", is_most=True),
    ]


def _shown_row(what: str, screens: list[Screen], answered: list[Answered]) -> Row:
    """A screen certainly shows a vote once it shows as many votes as had been sent when that vote
    was acknowledged."""
    instants = [Instant(each.answered_s, each.sent) for each in answered]
    lags_s = sorted(lag_s for screen in screens for lag_s in screen.lags_s(instants))
    return Row(
        what,
        "Tallyroom",
        sum(screen.frames for screen in screens) / len(screens) / SECONDS,
        "frames/s",
        p50_ms=quantile(lags_s, 0.5) * 1000,
        p99_ms=quantile(lags_s, 0.99) * 1000,
    )
