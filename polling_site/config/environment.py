"""Every setting the operator can give, read from the environment in this one place.

``read_environment`` turns a mapping of texts (usually ``os.environ``) into typed values. A value
that doesn't parse, and a production start without what production needs, end in a
:class:`SettingError` whose text is one sentence that names the setting.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

import environ

from apikit.origins import normal_host, normal_origin
from polling_site.config.generated_secrets import SECRET_NAMES

EnvironmentName = Literal["development", "production", "test"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]

MINIMUM_SECRET_CHARS = 32
# Fewer different ones are a pattern, such as the same letter all the time.
MINIMUM_DISTINCT_CHARS = 8
_PLACEHOLDER = re.compile("change.?me|insecure|placeholder|your.?secret", re.IGNORECASE)
_DURATION_UNITS = {
    "s": "seconds",
    "m": "minutes",
    "h": "hours",
    "d": "days",
}


class SettingError(Exception):
    """Settings that stop the start; its text is a sentence for the operator for each of them."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__("\n".join(sentences))


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable: how its text is read, what holds when it is absent, what it is for.

    ``default`` is written as it would stand in the environment; ``None`` means that absence
    itself is the default, and the purpose says what then happens.
    """

    parse: Callable[[str], Any]
    default: str | None
    purpose: str


def parse_text(text: str) -> str:
    return text


def parse_boolean(text: str) -> bool:
    """``true``/``false``, and the other usual pairs, in any case."""
    lowered = text.lower()
    if lowered in {"true", "1", "yes", "on"}:
        return True
    if lowered in {"false", "0", "no", "off"}:
        return False
    raise ValueError("true or false")


def parse_whole_number(minimum: int, maximum: int) -> Callable[[str], int]:
    """A parser of whole numbers from ``minimum`` to ``maximum``, both included."""
    wanted = f"a whole number from {minimum} to {maximum}"

    def parse(text: str) -> int:
        # fullmatch, since int() would take "1_000" and " 7 " as well.
        if not re.fullmatch(r"[0-9]{1,18}", text) or not minimum <= int(text) <= maximum:
            raise ValueError(wanted)
        return int(text)

    return parse


def parse_duration(text: str) -> timedelta:
    """A length of time such as ``90s``, ``15m``, ``12h`` or ``7d``, up to ten years."""
    match = re.fullmatch(r"([1-9][0-9]{0,8})([smhd])", text)
    if match:
        duration = timedelta(**{_DURATION_UNITS[match[2]]: int(match[1])})
        if duration <= timedelta(days=3650):
            return duration
    raise ValueError("a length of time such as 90s, 15m, 12h or 7d")


def parse_list(text: str) -> list[str]:
    """Values separated by commas; blanks around them don't count."""
    return [part.strip() for part in text.split(",") if part.strip()]


def parse_origins(text: str) -> list[str]:
    """Origins as a browser sends them, separated by commas, or ``*`` for all of them."""
    try:
        return [each if each == "*" else normal_origin(each) for each in parse_list(text)]
    except ValueError as error:
        raise ValueError(
            "origins such as https://example.org, separated by commas, or *"
        ) from error


def parse_hosts(text: str) -> list[str]:
    """Host names as a browser sends them, without ports; ``.example.org`` and ``*`` too."""
    try:
        return [each if each == "*" else normal_host(each) for each in parse_list(text)]
    except ValueError as error:
        raise ValueError(
            "host names such as polls.example.org without scheme and port, separated by commas"
        ) from error


def _has_host(address: str) -> bool:
    """Whether an address names a host, and a port only if it is one."""
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def parse_proxies(text: str) -> str:
    """IP addresses and networks separated by commas, or ``*`` for all; stays a text."""
    for part in parse_list(text):
        try:
            if part != "*":
                ip_network(part)
        except ValueError as error:
            raise ValueError(
                "IP addresses or networks such as 10.0.0.0/8, separated by commas, or *"
            ) from error
    return text


def parse_choice(choices: tuple[str, ...]) -> Callable[[str], str]:
    """A parser that takes one of ``choices``, in any case."""

    def parse(text: str) -> str:
        for choice in choices:
            if choice.lower() == text.lower():
                return choice
        raise ValueError("one of " + ", ".join(choices))

    return parse


def parse_database_url(text: str) -> dict[str, Any]:
    """Django's description of the database behind a ``sqlite://`` or ``postgres://`` address."""
    wanted = "an address such as postgres://user:password@host:5432/name or sqlite:////path/file"
    if not re.match(r"(sqlite|postgres|postgresql)://", text):
        raise ValueError(wanted)
    try:
        database: dict[str, Any] = environ.Env.db_url_config(text)
    except ValueError as error:
        raise ValueError(wanted) from error
    # Each thread would have a database in memory of its own.
    if database.get("NAME") in {"", None, ":memory:"}:
        raise ValueError(wanted)
    return database


def parse_redis_url(text: str) -> str:
    is_network = re.fullmatch(r"rediss?://[^/\s]+(/[0-9]*)?(\?\S*)?", text) and _has_host(text)
    if not is_network and not re.fullmatch(r"unix://\S+", text):
        raise ValueError("an address such as redis://host:6379/0")
    return text


def parse_email_url(text: str) -> dict[str, Any]:
    """Django's email settings behind a ``consolemail://`` or ``smtp+tls://…`` address."""
    wanted = "consolemail:// or an address such as smtp+tls://user:password@host:587"
    if text != "consolemail://" and not (
        re.match(r"(smtp|smtps|smtp\+tls|smtp\+ssl)://", text) and _has_host(text)
    ):
        raise ValueError(wanted)
    try:
        return dict(environ.Env.email_url_config(text))
    except ValueError as error:
        raise ValueError(wanted) from error


def parse_public_url(text: str) -> str:
    try:
        return normal_origin(text)
    except ValueError as error:
        raise ValueError("an address such as https://polls.example.org, without a path") from error


_COUNT = parse_whole_number(1, 1_000_000)
_BYTES = parse_whole_number(65_536, 1 << 40)
_COUNT_OR_OFF = parse_whole_number(0, 1_000_000_000)

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
        "How long a statement waits for a lock that another transaction holds, in a serving "
        "process. After that the request is refused, and may be repeated.",
    ),
    "DATABASE_STATEMENT_TIMEOUT_SECONDS": Setting(
        parse_whole_number(0, 3600),
        "20",
        "How long PostgreSQL may work on one statement of a serving process, and a transaction may "
        "be idle. A server that answers nothing is given up after a quarter more. 0: no limit.",
    ),
    "REDIS_URL": Setting(
        parse_redis_url,
        None,
        "`redis://host:6379/0`: carries news between processes and counts logins. "
        "Unset: one process, in memory.",
    ),
    "SECRET_KEY": Setting(
        parse_text,
        None,
        "Signs sessions and password resets. Unset in development: made on first start, kept "
        "in `var/`.",
    ),
    "JWT_SECRET": Setting(parse_text, None, "Signs access tokens. Unset in development: likewise."),
    "JWT_REFRESH_SECRET": Setting(
        parse_text, None, "Signs refresh tokens. Unset in development: likewise."
    ),
    "JWT_ACCESS_EXPIRES_IN": Setting(
        parse_duration, "15m", "How long an access token is good for."
    ),
    "JWT_REFRESH_EXPIRES_IN": Setting(
        parse_duration, "7d", "How long a refresh token is good for, from its last use."
    ),
    "JWT_REFRESH_REUSE_SECONDS": Setting(
        parse_whole_number(0, 300),
        "30",
        "How long a spent refresh token gets the same pair again, for lost responses and two tabs "
        "at once. Later it revokes its family. 0: never.",
    ),
    "HOST": Setting(parse_text, "0.0.0.0", "The address to listen on."),  # noqa: S104
    "PORT": Setting(parse_whole_number(1, 65535), "8000", "The port to listen on."),
    "WEB_PROCESSES": Setting(
        parse_whole_number(1, 256), "2", "Worker processes of `make serve`, all on one port."
    ),
    "ALLOWED_HOSTS": Setting(
        parse_hosts,
        None,
        "Host names the site answers to, separated by commas. Unset: all in development, "
        "`localhost` and that of `PUBLIC_URL` in production.",
    ),
    "PUBLIC_URL": Setting(
        parse_public_url,
        None,
        "How people reach the site: links in emails, join links, QR codes and embed snippets. "
        "Unset: emails say `http://localhost:PORT`, the others the address the page was opened "
        "with; in development a page opened at `localhost` gives the machine's network address.",
    ),
    "CORS_ORIGIN": Setting(
        parse_origins,
        "",
        "Origins whose pages may call the API, separated by commas, or `*`.",
    ),
    "TRUSTED_PROXIES": Setting(
        parse_proxies,
        "127.0.0.1",
        "Addresses of the proxies whose `X-Forwarded-For` and `-Proto` are believed, separated "
        "by commas, or `*`.",
    ),
    "RATE_LIMIT_WINDOW_MS": Setting(
        parse_whole_number(1000, 86_400_000),
        "60000",
        "The window of the request limit, in milliseconds, whole seconds.",
    ),
    "FEATURE_PUBLIC_DRAFTS": Setting(
        parse_boolean,
        "false",
        "Whether anybody who has a draft's id may read the draft at `GET /api/polls/{id}`, as "
        "older polling APIs allow. It stays out of lists, cannot be joined, and takes no votes.",
    ),
    "RATE_LIMIT_MAX_REQUESTS": Setting(
        _COUNT_OR_OFF,
        "6000",
        "API requests one person (or, without a token, one address) may make in a window, in "
        "each process. 0: no limit. High, since a whole room can share one address.",
    ),
    "LOGIN_MAX_FAILURES": Setting(
        _COUNT_OR_OFF,
        "10",
        "Wrong passwords for one email from one address, or on a device that was signed in before, "
        "within 15 minutes before further attempts wait; ten times as many from all addresses. "
        "0: no limit.",
    ),
    "ABUSE_REPORTS_PER_HOUR": Setting(
        _COUNT_OR_OFF,
        "60",
        "Reports of polls one account (or, for guests and visitors, one address) may send in an "
        "hour. 0: no limit.",
    ),
    "PASSWORD_HASH_CONCURRENCY": Setting(
        _COUNT,
        "1",
        "Passwords hashed at the same time in each process. More speeds up a wave of logins "
        "and slows votes.",
    ),
    "PASSWORD_HASH_QUEUE": Setting(
        _COUNT_OR_OFF,
        "300",
        "Requests that may wait to have a password hashed, in each process. Addresses take turns; "
        "in a full queue, the address with the most requests loses one to a newcomer.",
    ),
    "PASSWORD_HASH_QUEUE_PER_ADDRESS": Setting(
        _COUNT_OR_OFF,
        "100",
        "How many of these may come from one address (an IPv6 network of 64 bits counts as one). "
        "A whole hall may share one.",
    ),
    "GUEST_KEPT_DAYS": Setting(
        # Longer than any idempotency key, which stands for the guest it has created.
        parse_whole_number(8, 36_500),
        "90",
        "How long a guest is kept who has not been seen and has left nothing: no vote in a poll "
        "that still exists, no report, no account signed in to from the same browser.",
    ),
    "SIGN_IN_KEPT_DAYS": Setting(
        parse_whole_number(1, 36_500),
        "1",
        "How long a sign-in is kept after its last token expired.",
    ),
    "IDEMPOTENCY_KEPT_HOURS": Setting(
        parse_whole_number(1, 168),
        "24",
        "How long the response to a request with an `Idempotency-Key` is kept for repeats.",
    ),
    "REQUEST_MAX_BYTES": Setting(_COUNT, "262144", "The largest request body, in bytes."),
    "HEAVY_QUEUE": Setting(
        _COUNT_OR_OFF,
        "64",
        "Heavy requests (exports, timelines, images, searches, large bodies) that may wait in each "
        "process, where they are handled one at a time, before others are told to come back later.",
    ),
    "HEAVY_QUEUE_PER_ADDRESS": Setting(
        _COUNT_OR_OFF, "16", "Heavy requests of one address that may wait in each process."
    ),
    "REQUEST_MAX_HEADER_BYTES": Setting(
        parse_whole_number(1024, 1_000_000),
        "32768",
        "The largest address and headers of a request together, in bytes.",
    ),
    "REQUEST_MAX_HEADERS": Setting(_COUNT, "100", "The most headers of a request."),
    "REQUEST_HEADER_SECONDS": Setting(
        _COUNT,
        "15",
        "How long a client may take to send a request's headers, from connecting or from their "
        "first byte.",
    ),
    "REQUEST_BODY_SECONDS": Setting(
        _COUNT, "60", "How long a client may take to send a request's body."
    ),
    "RESPONSE_STALL_SECONDS": Setting(
        _COUNT, "30", "How long a client may read nothing of a response before it is dropped."
    ),
    "HTTP_MAX_CONNECTIONS_PER_ADDRESS": Setting(
        _COUNT,
        "5000",
        "Open connections, sockets included, of one address (of one /64 network with IPv6) in "
        "each process, and at most half of the open files it may have. High, since a whole room "
        "can share one address. Those of `TRUSTED_PROXIES` are not counted.",
    ),
    "VOTE_QUEUE_MAX": Setting(
        _COUNT, "10000", "Votes that may wait in each process before others are told to retry."
    ),
    "VOTE_BATCH_MAX": Setting(
        parse_whole_number(1, 1000), "256", "The most votes written in one transaction."
    ),
    "WS_MAX_MESSAGE_BYTES": Setting(_COUNT, "16384", "The largest frame a client may send."),
    "WS_MAX_BYTES_PER_SECOND_PER_ADDRESS": Setting(
        parse_whole_number(1, 1_000_000_000),
        "2000000",
        "Bytes a second that the sockets of one address may send in frames above 1 kB, with bursts "
        "of twice as many; more of them wait.",
    ),
    "WS_MAX_COMMANDS_PER_SECOND": Setting(
        _COUNT, "20", "Commands a second of one socket, with bursts of twice as many."
    ),
    "WS_MAX_TOPICS_PER_SOCKET": Setting(
        _COUNT, "50", "Polls (and rooms, and projects) one socket may follow at a time."
    ),
    "WS_MAX_SOCKETS_PER_USER": Setting(
        _COUNT, "20", "Open sockets of one person, in each process."
    ),
    "WS_MAX_SOCKETS": Setting(
        _COUNT, "20000", "Open sockets in each process; above that, others are asked to return."
    ),
    "WS_MAX_SOCKETS_PER_ADDRESS_PERCENT": Setting(
        parse_whole_number(1, 100),
        "75",
        "The share of `WS_MAX_SOCKETS` that one client address may hold, in percent. A hall often "
        "shares one address.",
    ),
    "WS_MAX_QUEUED_BYTES": Setting(
        _BYTES, "524288", "Bytes that may wait for one socket until its client reads them."
    ),
    "WS_MAX_QUEUED_BYTES_PER_ADDRESS": Setting(
        _BYTES,
        "67108864",
        "Bytes that may wait for all sockets of one client address, in each process; above that, "
        "the sockets that hold the most are dropped.",
    ),
    "WS_MAX_QUEUED_BYTES_PER_PROCESS": Setting(
        _BYTES, "268435456", "The same for all sockets of a process."
    ),
    "WS_IDLE_SECONDS": Setting(
        _COUNT,
        "600",
        "How long a visitor's socket may follow nothing and send nothing before it is closed.",
    ),
    "WS_STALL_SECONDS": Setting(
        _COUNT, "10", "How long a client may read nothing of what is written to it."
    ),
    "WS_REPEAT_SECONDS": Setting(
        _COUNT, "10", "How often a watched tally is repeated though nothing changed."
    ),
    "SHUTDOWN_SECONDS": Setting(
        _COUNT, "10", "How long a stopping process may take to finish what was begun."
    ),
    "DRAIN_SECONDS": Setting(
        parse_whole_number(0, 600),
        "6",
        "How long a process that is told to stop (SIGTERM, in production) goes on serving, so "
        "that a proxy's idle connections run out: longer than the proxy keeps them. 0: not at "
        "all.",
    ),
    "KEEP_ALIVE_SECONDS": Setting(
        _COUNT,
        "75",
        "How long an idle HTTP connection is kept. Longer than proxies keep theirs, or they send "
        "requests on connections that are being closed.",
    ),
    "METRICS_TOKEN": Setting(
        parse_text,
        None,
        "What Prometheus sends as `Authorization: Bearer <token>` to read `/metrics`. Unset: "
        "`/metrics` answers this machine only.",
    ),
    "EMAIL_URL": Setting(
        parse_email_url,
        "consolemail://",
        "`smtp+tls://user:password@host:587`; `consolemail://` prints emails.",
    ),
    "EMAIL_FROM": Setting(parse_text, "Tallyroom <tallyroom@localhost>", "Who emails come from."),
    "EMAIL_QUEUE_MAX": Setting(
        _COUNT,
        "1000",
        "Emails that may wait for the mail server in each process. While as many wait, requests "
        "that would send another are refused.",
    ),
    "LOG_LEVEL": Setting(
        parse_choice(get_args(LogLevel)), "INFO", "The least serious kind of line to log."
    ),
    "LOG_FORMAT": Setting(
        parse_choice(("console", "json")), "console", "`json`: one object a line."
    ),
    "STATIC_ROOT": Setting(
        parse_text,
        None,
        "Where `collectstatic` puts the files of pages. Unset: `staticfiles/` in the project.",
    ),
    "VAR_DIR": Setting(
        parse_text,
        None,
        "Where embedded data and development secrets live. Unset: `var/` in the project.",
    ),
}

GENERATE_SECRETS = "`make secrets` (or `manage.py generate_secrets`) prints new secrets for .env."


def read_environment(variables: Mapping[str, str]) -> dict[str, Any]:
    """The typed value of every setting; an empty text counts as unset.

    :raises SettingError: for all values that don't parse, and for all that production needs and
        does not have.
    """
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for name in SETTINGS:
        try:
            values[name] = _read(name, variables.get(name, "").strip())
        except ValueError as error:
            wrong.append(str(error))
    if values.get("ENVIRONMENT") == "production":
        wrong += _check_production(values)
    if wrong:
        raise SettingError(wrong)
    return values


def _read(name: str, text: str) -> Any:
    setting = SETTINGS[name]
    if not text:
        if setting.default is None:
            return None
        text = setting.default
    try:
        return setting.parse(text)
    except ValueError as error:
        # Passwords can stand in addresses, so a secret or an address isn't repeated.
        shown = (
            "" if name.endswith(("_URL", "_TOKEN")) or name in SECRET_NAMES else f", not {text!r}"
        )
        raise ValueError(f"{name} must be {error}{shown}.") from error


def _check_production(values: Mapping[str, Any]) -> list[str]:
    """What production lacks; ``values`` are without those that don't parse."""
    wrong = [
        f"{name} must be set in production."
        for name in (*SECRET_NAMES, "DATABASE_URL", "REDIS_URL")
        if name in values and not values[name]
    ]
    secrets = {name: values[name] for name in SECRET_NAMES if values[name]}
    weak = [f"{name} must {need}" for name in secrets if (need := _need_of(secrets[name]))]
    if len(set(secrets.values())) < len(secrets):
        weak.append(f"{', '.join(SECRET_NAMES)} must differ from each other in production.")
    database = values.get("DATABASE_URL")
    if database and "postgresql" not in database["ENGINE"]:
        wrong.append("DATABASE_URL must be a PostgreSQL database in production.")
    if values.get("DEBUG"):
        wrong.append("DEBUG must be off in production.")
    hint = [GENERATE_SECRETS] if weak or len(secrets) < len(SECRET_NAMES) else []
    return [*wrong, *weak, *hint]


def _need_of(secret: str) -> str | None:
    """What a secret lacks that is to guard a production site."""
    if len(secret) < MINIMUM_SECRET_CHARS:
        return f"have at least {MINIMUM_SECRET_CHARS} characters in production."
    if len(set(secret)) < MINIMUM_DISTINCT_CHARS or _PLACEHOLDER.search(secret):
        return "be random in production; it looks like a placeholder."
    return None
