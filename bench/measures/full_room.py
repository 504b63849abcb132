"""A full room: 2,000 watchers and 200 votes a second for half a minute."""

from dataclasses import replace

from bench.audience import seated
from bench.bench import Bench
from bench.contestants.base import Contestant, Setup
from bench.contestants.tallyroom import running_tallyroom
from bench.figures import Findings, Goal, Row, quantile, row_of
from bench.load import Answered
from bench.voting import steady_rest_answers, warm_up
from bench.watching import Instant, Screen

WATCHERS = 2_000
VOTES_PER_SECOND = 200
SECONDS = 30.0
SECONDS_WITHOUT = 10.0
# Noting when each frame came costs the load generator time, so not all screens are timed. All
# of them have to be right.
TIMED = 10
CONVERGES_WITHIN_MS = 1_000.0
SCREEN_P99_MS = 250.0
SLOWDOWN = 2.0


async def run(bench: Bench) -> Findings:
    count = int(VOTES_PER_SECOND * bench.seconds(SECONDS))
    with running_tallyroom(bench.services, Setup(voters=count, polls=(0, 0))) as contestant:
        await warm_up(contestant)
        without = await _vote_without_watchers(bench, contestant)
        return [without, *await _fill_room(bench, contestant, without)]


async def _vote_without_watchers(bench: Bench, contestant: Contestant) -> Row:
    poll = contestant.known.polls[0]
    count = int(VOTES_PER_SECOND * bench.seconds(SECONDS_WITHOUT))
    before = contestant.usage()
    answered, _ = await steady_rest_answers(
        contestant, poll, contestant.known.tokens[:count], VOTES_PER_SECOND
    )
    usage = contestant.usage().since(before)
    what = f"{VOTES_PER_SECOND} votes a second, nobody watching"
    return row_of(what, contestant.name, usage, [each.took_s for each in answered], "votes/s")


async def _fill_room(bench: Bench, contestant: Contestant, without: Row) -> Findings:
    poll, size = contestant.known.polls[1], bench.size(WATCHERS)
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
    assert votes.p99_ms is not None
    assert shown.p99_ms is not None
    assert without.p99_ms is not None
    return [
        votes,
        shown,
        Goal(
            "all watchers exact after the last vote", end.took_s * 1000, 1_000, "ms", is_most=True
        ),
        Goal("p99 from acknowledgement to screen", shown.p99_ms, SCREEN_P99_MS, "ms", is_most=True),
        Goal(
            "votes' p99 by that with nobody watching",
            votes.p99_ms / without.p99_ms,
            SLOWDOWN,
            is_most=True,
        ),
    ]


def _shown_row(what: str, screens: list[Screen], answered: list[Answered]) -> Row:
    """A screen shows a vote for certain once it shows as many as had been sent when that one
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
