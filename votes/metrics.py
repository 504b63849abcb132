"""Metrics of votes."""

from prometheus_client import Counter, Gauge, Histogram

from votes.ballots import Outcome

BALLOTS = Counter("tallyroom_ballots_total", "Ballots answered", ["outcome"])
for outcome in Outcome:
    # Start at zero, so that a rate includes the first ballot.
    BALLOTS.labels(outcome)
QUEUE = Gauge("tallyroom_ballots_waiting", "Ballots in the queue", multiprocess_mode="livesum")
BATCH = Histogram(
    "tallyroom_batch_ballots",
    "Ballots written in one transaction",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024),
)
COMMIT = Histogram(
    "tallyroom_commit_seconds",
    "Time a batch took, from the first lock to the commit",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
)
