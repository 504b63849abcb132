"""Prometheus metrics of sockets, at ``/metrics``."""

from prometheus_client import Counter, Gauge, Histogram

SOCKETS = Gauge("tallyroom_sockets", "Open sockets", multiprocess_mode="livesum")
FRAMES = Counter("tallyroom_frames_total", "Frames written to sockets")
COMMANDS_SEEN = Counter("tallyroom_commands_total", "Socket commands", ["command", "outcome"])
CLOSED = Counter("tallyroom_sockets_closed_total", "Sockets closed by the server", ["reason"])
BACKLOG = Gauge(
    "tallyroom_sockets_backlog_bytes",
    "Bytes waiting for sockets, in queues and in the server's buffers",
    multiprocess_mode="livesum",
)
FAN_OUT = Histogram(
    "tallyroom_fan_out_seconds",
    "CPU time to write one event to the sockets of this process",
    buckets=(0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1),
)
LAYER_UP = Gauge(
    "tallyroom_channel_layer_up",
    "Whether the channel layer accepted the last message",
    multiprocess_mode="livemin",
)
LOG_ENTRIES_READ = Counter(
    "tallyroom_log_entries_read_total",
    "Entries of logs read from the database, because their events had not arrived",
)
