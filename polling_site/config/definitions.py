"""All settings, as operators give them in the environment; docs/settings.md lists them."""

from typing import Literal, get_args

from polling_site.config.limits import LIMITS
from polling_site.config.parsing import (
    Setting,
    parse_boolean,
    parse_choice,
    parse_database_url,
    parse_duration,
    parse_email_url,
    parse_hosts,
    parse_node_name,
    parse_origins,
    parse_proxies,
    parse_public_url,
    parse_redis_url,
    parse_text,
    parse_whole_number,
)

EnvironmentName = Literal["development", "production", "test"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]

_COUNT = parse_whole_number(1, 1_000_000)

SETTINGS: dict[str, Setting] = {
    "ENVIRONMENT": Setting(
        parse_choice(get_args(EnvironmentName)),
        "development",
        "`production` refuses to start without real secrets, PostgreSQL and Redis. "
        "`make serve` sets it.",
    ),
    "DEBUG": Setting(parse_boolean, "false", "Django's debug pages. Refused in production."),
    "DATABASE_URL": Setting(
        parse_database_url,
        None,
        "`postgres://user:password@host:5432/name`, or `sqlite:////path/file`. "
        "Unset: SQLite in `var/`.",
    ),
    "DATABASE_POOL_MAX": Setting(
        _COUNT,
        "20",
        "PostgreSQL connections for requests, in each process. The vote writer has one more.",
    ),
    "DATABASE_LOCK_TIMEOUT_SECONDS": Setting(
        parse_whole_number(1, 3600),
        "10",
        "How long a statement of a serving process waits for a lock. After that the request fails "
        "with an error that clients may retry.",
    ),
    "DATABASE_STATEMENT_TIMEOUT_SECONDS": Setting(
        parse_whole_number(0, 3600),
        "20",
        "How long a statement of a serving process may run in PostgreSQL, and how long a "
        "transaction may be idle. A connection without any answer is closed after a quarter more. "
        "0: no limit.",
    ),
    "REDIS_URL": Setting(
        parse_redis_url,
        None,
        "`redis://host:6379/0`: carries events between processes and counts logins. "
        "Unset: one process, in memory.",
    ),
    "SECRET_KEY": Setting(
        parse_text,
        None,
        "Signs sessions and password resets. Unset in development: generated on first start "
        "and stored in `var/`.",
    ),
    "JWT_SECRET": Setting(
        parse_text, None, "Signs access tokens. Unset in development: generated too."
    ),
    "JWT_REFRESH_SECRET": Setting(
        parse_text, None, "Signs refresh tokens. Unset in development: generated too."
    ),
    "JWT_ACCESS_EXPIRES_IN": Setting(parse_duration, "15m", "How long an access token is valid."),
    "JWT_REFRESH_EXPIRES_IN": Setting(
        parse_duration, "7d", "How long a refresh token is valid, from its last use."
    ),
    "JWT_REFRESH_REUSE_SECONDS": Setting(
        parse_whole_number(0, 300),
        "30",
        "How long a used refresh token returns the same pair again, for lost responses and "
        "parallel tabs. After that, using it revokes its token family. 0: at once.",
    ),
    "HOST": Setting(parse_text, "0.0.0.0", "The address to listen on."),  # noqa: S104
    "PORT": Setting(parse_whole_number(1, 65535), "8000", "The port to listen on."),
    "WEB_PROCESSES": Setting(
        parse_whole_number(1, 256), "2", "Worker processes of `make serve`, all on one port."
    ),
    "SOCKET_IO_NODE": Setting(
        parse_node_name,
        "web",
        "The name of this server, up to 32 letters and digits. Every `sid` of a Socket.IO client "
        "begins with it, so that a proxy can send its requests to the same server.",
    ),
    "ALLOWED_HOSTS": Setting(
        parse_hosts,
        None,
        "Host names the site answers to, separated by commas. Unset: all in development, "
        "`localhost` and the host of `PUBLIC_URL` in production.",
    ),
    "PUBLIC_URL": Setting(
        parse_public_url,
        None,
        "The public URL of the site, for links in emails, join links, QR codes and embed snippets. "
        "Unset: emails use `http://localhost:PORT`, the others the URL the page was opened with; "
        "in development, a page opened at `localhost` uses the machine's network address.",
    ),
    "CORS_ORIGIN": Setting(
        parse_origins,
        "",
        "Origins whose pages may call the API, separated by commas, or `*`.",
    ),
    "TRUSTED_PROXIES": Setting(
        parse_proxies,
        "127.0.0.1",
        "Addresses of the proxies whose `X-Forwarded-For` and `-Proto` are trusted, separated "
        "by commas, or `*`.",
    ),
    "FEATURE_PUBLIC_DRAFTS": Setting(
        parse_boolean,
        "false",
        "Whether anyone with a draft's id may read the draft at `GET /api/polls/{id}`, as older "
        "polling APIs allow. Drafts stay out of lists, cannot be joined, and take no votes. "
        "Those of teams stay private.",
    ),
    "FEATURE_CODE_EXECUTION": Setting(
        parse_boolean,
        "false",
        "Whether accounts may run JavaScript programs in a sandbox, as jobs of the type "
        "`code_execution`. Needs Linux with Landlock and seccomp ([jobs.md](jobs.md)).",
    ),
    "WEBHOOKS_ALLOW_PRIVATE": Setting(
        parse_boolean,
        "false",
        "Whether webhooks may call `http:` URLs, any port, and addresses of this machine and of "
        "private networks. Every account could then send requests to services there "
        "([webhooks.md](webhooks.md)).",
    ),
    "GUEST_KEPT_DAYS": Setting(
        # Longer than any idempotency key, which stands for the guest it has created.
        parse_whole_number(8, 36_500),
        "90",
        "How long an inactive guest is kept who has no vote in an existing poll, no abuse report, "
        "no message, reaction or room, and no account signed in to from the same browser.",
    ),
    "SIGN_IN_KEPT_DAYS": Setting(
        parse_whole_number(1, 36_500),
        "1",
        "How long a sign-in is kept after its last token expired.",
    ),
    "ACTIVITY_RETENTION_DAYS": Setting(
        parse_whole_number(0, 36_500),
        "730",
        "How long the activity of projects is kept. 0: as long as the project. That of a deleted "
        "project is kept for 30 days.",
    ),
    "IDEMPOTENCY_KEPT_HOURS": Setting(
        parse_whole_number(1, 168),
        "24",
        "How long the response to a request with an `Idempotency-Key` is kept for retries.",
    ),
    "INVITATION_VALID_DAYS": Setting(
        parse_whole_number(1, 365), "7", "How long an invitation to a project can be accepted."
    ),
    "INVITATION_KEPT_DAYS": Setting(
        parse_whole_number(1, 3_650),
        "30",
        "How long an invitation is kept after it has expired, answered or not.",
    ),
    "SHUTDOWN_SECONDS": Setting(
        _COUNT, "10", "How long a stopping process may take to finish requests and commands."
    ),
    "DRAIN_SECONDS": Setting(
        parse_whole_number(0, 600),
        "6",
        "How long a process continues to serve after SIGTERM (in production), until the idle "
        "connections of the proxy have expired. Set it longer than the proxy keeps them. 0: stop "
        "at once.",
    ),
    "KEEP_ALIVE_SECONDS": Setting(
        _COUNT,
        "75",
        "How long an idle HTTP connection is kept open. Set it longer than the proxy's own "
        "timeout, or the proxy sends requests on connections that are being closed.",
    ),
    "METRICS_TOKEN": Setting(
        parse_text,
        None,
        "The token of Prometheus, which sends `Authorization: Bearer <token>` to read `/metrics`. "
        "Unset: only this machine may read it.",
    ),
    "EMAIL_URL": Setting(
        parse_email_url,
        "consolemail://",
        "`smtp+tls://user:password@host:587`; `consolemail://` prints emails.",
    ),
    "EMAIL_FROM": Setting(parse_text, "Tallyroom <tallyroom@localhost>", "The sender of emails."),
    "EMAIL_QUEUE_MAX": Setting(
        _COUNT,
        "1000",
        "Emails that may wait for the mail server in each process; above that, requests that would "
        "send one are refused.",
    ),
    "LOG_LEVEL": Setting(parse_choice(get_args(LogLevel)), "INFO", "The lowest level to log."),
    "LOG_FORMAT": Setting(
        parse_choice(("console", "json")), "console", "`json`: one object per line."
    ),
    "STATIC_ROOT": Setting(
        parse_text,
        None,
        "Where `collectstatic` writes static files. Unset: `staticfiles/` in the project.",
    ),
    "VAR_DIR": Setting(
        parse_text,
        None,
        "The folder of embedded data and development secrets. Unset: `var/` in the project.",
    ),
    "REPORT_FONTS_DIR": Setting(
        parse_text,
        "",
        "A folder with fonts for PDF reports, in addition to the included ones.",
    ),
    **LIMITS,
}
