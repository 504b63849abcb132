"""Metrics of messages."""

from prometheus_client import Counter, Gauge, Histogram

MESSAGES = Counter("tallyroom_messages_total", "Messages answered", ["outcome"])
for outcome in ("posted", "replayed"):
    # Start at zero, so that a rate includes the first message.
    MESSAGES.labels(outcome)
QUEUE = Gauge("tallyroom_messages_waiting", "Messages in the queue", multiprocess_mode="livesum")
BATCH = Histogram(
    "tallyroom_batch_messages",
    "Messages written in one transaction",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024),
)
COMMIT = Histogram(
    "tallyroom_message_commit_seconds",
    "Time a batch of messages took, from the first lock to the commit",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
)
