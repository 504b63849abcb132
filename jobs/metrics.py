"""Metrics of jobs. The length of the queue is read from the database: see :mod:`jobs.queue`."""

from prometheus_client import Counter, Histogram

DURATION = Histogram(
    "tallyroom_job_seconds",
    "Time of an attempt of a job",
    ["type", "outcome"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600),
)
ENQUEUED = Counter("tallyroom_jobs_enqueued_total", "Jobs created", ["type"])
RECLAIMED = Counter("tallyroom_jobs_reclaimed_total", "Jobs whose worker was lost")
