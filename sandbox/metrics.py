"""Metrics of programs."""

from prometheus_client import Gauge, Histogram

RUNNING = Gauge("tallyroom_programs_running", "Programs running", multiprocess_mode="livesum")
SECONDS = Histogram(
    "tallyroom_program_seconds",
    "Time programs ran, without the start of their process",
    ["outcome"],
    buckets=(0.001, 0.01, 0.1, 0.5, 1, 2, 5, 10, 20),
)
for outcome in ("ended", "failed"):
    # Start at zero, so that a rate includes the first program.
    SECONDS.labels(outcome)
