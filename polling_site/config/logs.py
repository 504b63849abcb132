"""Logging: our log lines and those of libraries in one format, text or JSON."""

import logging
import logging.config
import sys

import structlog

# The first logs a traceback per second while Redis is down; the hub logs that once. The second logs
# every request that it refuses; `realtime.socketio` logs those.
_NOISY = {"channels_redis.pubsub": "CRITICAL", "socketio": "ERROR"}
# At INFO, Uvicorn logs the URL of each socket, including the token in its query.
_REVEALING = {"uvicorn.error": "WARNING", "uvicorn.access": "WARNING", "daphne": "WARNING"}
# ``polling_site.error_handlers`` logs one line per error response. Django's own loggers write a
# traceback for each, so any client could flood the log.
_REQUESTS = {
    "django.request": "CRITICAL",
    "django.security": "CRITICAL",
    "django.channels.server": "WARNING",
}


def _is_our_fault(record: logging.LogRecord) -> bool:
    """Whether a line is about a fault of ours, not about invalid UTF-8 from a client.

    Uvicorn logs a traceback for each such frame before it closes the socket with 1007, so any
    client could flood the log.
    """
    return not (record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError))


def configure_logs(level: str, *, is_json: bool) -> None:
    """Configures logging to standard error, from ``level`` up."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if is_json
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        *last,
                    ],
                }
            },
            "filters": {"ours": {"()": lambda: _is_our_fault}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                name: {
                    "level": least,
                    "filters": ["ours"] if name == "uvicorn.error" else [],
                }
                for name, least in (_NOISY | _REVEALING | _REQUESTS).items()
            },
        }
    )
