"""Metrics of jobs. Those of the queue are read from the database, every ten seconds."""

from prometheus_client import Counter, Gauge, Histogram

DURATION = Histogram(
    "tallyroom_job_seconds",
    "Time of an attempt of a job",
    ["type", "outcome"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600),
)
ENQUEUED = Counter("tallyroom_jobs_enqueued_total", "Jobs created", ["type"])
RECLAIMED = Counter("tallyroom_jobs_reclaimed_total", "Jobs whose worker was lost")
# All processes read the same table.
JOBS = Gauge("tallyroom_jobs", "Unfinished jobs", ["state"], multiprocess_mode="mostrecent")
OLDEST = Gauge(
    "tallyroom_jobs_oldest_seconds",
    "How long the job that is due longest has waited",
    multiprocess_mode="mostrecent",
)
