"""Logging: every library's lines and our own in one form, as text or as JSON."""

import logging
import logging.config
import sys

import structlog

# One traceback a second is what the layer writes while Redis is away; the hub says it once.
_CHATTY = {"channels_redis.pubsub": "CRITICAL"}
# At INFO, Uvicorn writes the address of each socket, and with it the token in its query.
_TELLTALE = {"uvicorn.error": "WARNING", "uvicorn.access": "WARNING", "daphne": "WARNING"}
# ``polling_site.error_handlers`` logs one line per error response. Django's own loggers write a
# traceback for each, so any client could flood the log.
_REQUESTS = {
    "django.request": "CRITICAL",
    "django.security": "CRITICAL",
    "django.channels.server": "WARNING",
}


def _is_of_ours(record: logging.LogRecord) -> bool:
    """Whether a line is about a fault of ours, rather than a client's text that is no UTF-8.

    Uvicorn writes a traceback for each of those before it closes the socket with 1007, so that
    any stranger could fill the log.
    """
    return not (record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError))


def configure_logs(level: str, *, is_json: bool) -> None:
    """Sends all log lines from ``level`` up to standard error."""
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
            "filters": {"ours": {"()": lambda: _is_of_ours}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                name: {
                    "level": least,
                    "filters": ["ours"] if name == "uvicorn.error" else [],
                }
                for name, least in (_CHATTY | _TELLTALE | _REQUESTS).items()
            },
        }
    )
