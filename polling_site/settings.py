"""Django settings, derived from the environment (see ``polling_site.config``)."""

import os
import socket
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ

from polling_site.config import framework, rest
from polling_site.config.connection_options import (
    channel_layer,
    is_serving,
    postgres_options,
    serving_options,
    sqlite_options,
)
from polling_site.config.development_secrets import load_or_create_secrets, stored_secrets
from polling_site.config.environment import GENERATE_SECRETS, SettingError, read_environment
from polling_site.config.generated_secrets import SECRET_NAMES
from polling_site.config.logs import configure_logs

BASE_DIR = Path(__file__).resolve().parent.parent

environ.Env.read_env(BASE_DIR / ".env")
try:
    _env = read_environment(os.environ)
except SettingError as error:
    # A sentence for the operator instead of a traceback.
    sys.exit(str(error))

ENVIRONMENT: str = _env["ENVIRONMENT"]
IS_PRODUCTION = ENVIRONMENT == "production"
DEBUG: bool = _env["DEBUG"]
VAR_DIR = Path(_env["VAR_DIR"] or BASE_DIR / "var")

_secrets: dict[str, str] = {name: _env[name] for name in SECRET_NAMES if _env[name]}
if IS_PRODUCTION and set(_secrets.values()) & set(stored_secrets(VAR_DIR / "secrets.json")):
    sys.exit(
        f"The secrets in {VAR_DIR / 'secrets.json'} are for development and must not be used in "
        f"production.\n{GENERATE_SECRETS}"
    )
if len(_secrets) < len(SECRET_NAMES):  # only outside production, which read_environment() guards
    _secrets = load_or_create_secrets(VAR_DIR / "secrets.json", SECRET_NAMES) | _secrets
SECRET_KEY = _secrets["SECRET_KEY"]
JWT_REFRESH_SECRET = _secrets["JWT_REFRESH_SECRET"]

# Commands use one connection instead of a pool, whose errors do not tell the reason.
IS_SERVING = is_serving(sys.argv)

# Hosts and origins

HOST: str = _env["HOST"]
PORT: int = _env["PORT"]
WEB_PROCESSES: int = _env["WEB_PROCESSES"]
SOCKET_IO_NODE: str = _env["SOCKET_IO_NODE"]
HAS_PUBLIC_URL = bool(_env["PUBLIC_URL"])
PUBLIC_URL: str = _env["PUBLIC_URL"] or f"http://localhost:{PORT}"
ALLOWED_HOSTS: list[str] = _env["ALLOWED_HOSTS"] or (
    ["localhost", "127.0.0.1", "[::1]", str(urlsplit(PUBLIC_URL).hostname)]
    if IS_PRODUCTION
    else ["*"]
)
# Host names allowed in links if ALLOWED_HOSTS is not set; none of them exists in public DNS.
LINK_HOSTS: list[str] = _env["ALLOWED_HOSTS"] or [
    *(".localhost", ".local", ".lan", ".internal", ".home.arpa"),
    socket.gethostname().lower(),
]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
CORS_ALLOWED_ORIGINS = [origin for origin in _env["CORS_ORIGIN"] if origin != "*"]
CORS_ALLOW_ALL_ORIGINS = "*" in _env["CORS_ORIGIN"]
# Also those that answer without the prefix, see polling_site.paths.
CORS_URLS_REGEX = r"^/(?:api|auth|users|rooms|messages|send|socket\.io)(/|$)"
CORS_ALLOW_HEADERS = [
    "authorization",
    "content-disposition",
    "content-type",
    "idempotency-key",
    "if-match",
]
CORS_EXPOSE_HEADERS = [
    "Content-Disposition",
    "ETag",
    "Idempotent-Replayed",
    "Retry-After",
    "X-Request-Id",
]
TRUSTED_PROXIES: str = _env["TRUSTED_PROXIES"]
# Uvicorn sets the scheme from X-Forwarded-Proto, for trusted proxies only.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
LANGUAGE_COOKIE_SECURE = SESSION_COOKIE_SECURE
# One year.
SECURE_HSTS_SECONDS = 31_536_000 if SESSION_COOKIE_SECURE else 0
SESSION_COOKIE_NAME = "tallyroom_session"
SESSION_ENGINE = "accounts.sessions"
CSRF_COOKIE_NAME = "tallyroom_csrf"
CSRF_FAILURE_VIEW = "polling_site.error_handlers.csrf_failure"

# Apps and middleware

INSTALLED_APPS = [
    # First, because it replaces runserver. Only there, because importing Twisted takes time.
    *(["daphne"] if "runserver" in sys.argv else []),
    "polling_site.moderation.app.ModerationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "channels",
    "corsheaders",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "polling_site",
    "web",
    "digests",
    "reports",
    "webhooks",
    "chat",
    "votes",
    "polls",
    "workspaces",
    "accounts",
    "jobs",
    "realtime",
    "apikit",
]

MIDDLEWARE = framework.MIDDLEWARE
SILENCED_SYSTEM_CHECKS = framework.SILENCED_SYSTEM_CHECKS
TEMPLATES = framework.TEMPLATES
CONTENT_SECURITY_POLICY = framework.CONTENT_SECURITY_POLICY
ROOT_URLCONF = "polling_site.urls"
ASGI_APPLICATION = "polling_site.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Databases and files

DATABASE_LOCK_TIMEOUT_SECONDS: int = _env["DATABASE_LOCK_TIMEOUT_SECONDS"]
DATABASE_STATEMENT_TIMEOUT_SECONDS: int = _env["DATABASE_STATEMENT_TIMEOUT_SECONDS"]
_database: dict[str, Any] = _env["DATABASE_URL"] or {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": str(VAR_DIR / "tallyroom.sqlite3"),
}
IS_EMBEDDED = "sqlite3" in _database["ENGINE"]
if IS_EMBEDDED:
    Path(_database["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    _database["OPTIONS"] = sqlite_options(DATABASE_LOCK_TIMEOUT_SECONDS)
    # A file: threads cannot share an in-memory database without locking its tables.
    _database["TEST"] = {"NAME": str(Path(_database["NAME"]).with_name("test.sqlite3"))}
else:
    _database["CONN_HEALTH_CHECKS"] = True
    _given: dict[str, Any] = _database.get("OPTIONS", {})
    _database["OPTIONS"] = postgres_options(_given)
    if IS_SERVING:
        _database["OPTIONS"] |= serving_options(
            _given,
            pool_max=_env["DATABASE_POOL_MAX"],
            lock_timeout_s=DATABASE_LOCK_TIMEOUT_SECONDS,
            statement_timeout_s=DATABASE_STATEMENT_TIMEOUT_SECONDS,
        )
DATABASES = {"default": _database}
# For commands that run in a serving process, see polling_site.database.command_connection.
COMMAND_DATABASE_OPTIONS = _database["OPTIONS"] if IS_EMBEDDED else postgres_options(_given)

REDIS_URL: str | None = _env["REDIS_URL"]
CHANNEL_LAYERS = {"default": channel_layer(REDIS_URL)}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

STATIC_URL = "/static/"
STATIC_ROOT = Path(_env["STATIC_ROOT"] or BASE_DIR / "staticfiles")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "polling_site.static_storage.StaticFilesStorage"},
}

# Accounts

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["accounts.passwords.BoundedArgon2PasswordHasher"]
PASSWORD_HASH_CONCURRENCY: int = _env["PASSWORD_HASH_CONCURRENCY"]
PASSWORD_HASH_QUEUE: int = _env["PASSWORD_HASH_QUEUE"]
PASSWORD_HASH_QUEUE_PER_ADDRESS: int = _env["PASSWORD_HASH_QUEUE_PER_ADDRESS"]
AUTH_PASSWORD_VALIDATORS = framework.AUTH_PASSWORD_VALIDATORS
PASSWORD_RESET_TIMEOUT = 3600
JWT_REFRESH_REUSE_SECONDS: int = _env["JWT_REFRESH_REUSE_SECONDS"]
LOGIN_MAX_FAILURES: int = _env["LOGIN_MAX_FAILURES"]
GUEST_KEPT_DAYS: int = _env["GUEST_KEPT_DAYS"]
SIGN_IN_KEPT_DAYS: int = _env["SIGN_IN_KEPT_DAYS"]
ACTIVITY_RETENTION_DAYS: int = _env["ACTIVITY_RETENTION_DAYS"]
IDEMPOTENCY_KEPT_HOURS: int = _env["IDEMPOTENCY_KEPT_HOURS"]
ABUSE_REPORTS_PER_HOUR: int = _env["ABUSE_REPORTS_PER_HOUR"]
INVITATIONS_PER_HOUR: int = _env["INVITATIONS_PER_HOUR"]
INVITATION_VALID_DAYS: int = _env["INVITATION_VALID_DAYS"]
INVITATION_KEPT_DAYS: int = _env["INVITATION_KEPT_DAYS"]
LOGIN_URL = "/sign-in"
# A session ends with its sign-in, see accounts.page_sessions.
SESSION_COOKIE_AGE = int(_env["JWT_REFRESH_EXPIRES_IN"].total_seconds())
SIMPLE_JWT = {
    "SIGNING_KEY": _secrets["JWT_SECRET"],
    "ACCESS_TOKEN_LIFETIME": _env["JWT_ACCESS_EXPIRES_IN"],
    "REFRESH_TOKEN_LIFETIME": _env["JWT_REFRESH_EXPIRES_IN"],
    "USER_ID_CLAIM": "sub",
}

for _name, _value in _env["EMAIL_URL"].items():
    globals()[_name] = _value
EMAIL_TIMEOUT = 10
EMAIL_QUEUE_MAX: int = _env["EMAIL_QUEUE_MAX"]
DEFAULT_FROM_EMAIL = SERVER_EMAIL = _env["EMAIL_FROM"]

# API

REQUEST_MAX_BYTES: int = _env["REQUEST_MAX_BYTES"]
HEAVY_QUEUE: int = _env["HEAVY_QUEUE"]
HEAVY_QUEUE_PER_ADDRESS: int = _env["HEAVY_QUEUE_PER_ADDRESS"]
PAGES_AT_ONCE: int = _env["PAGES_AT_ONCE"]
REQUEST_MAX_HEADER_BYTES: int = _env["REQUEST_MAX_HEADER_BYTES"]
REQUEST_MAX_HEADERS: int = _env["REQUEST_MAX_HEADERS"]
REQUEST_HEADER_SECONDS: float = _env["REQUEST_HEADER_SECONDS"]
REQUEST_BODY_SECONDS: float = _env["REQUEST_BODY_SECONDS"]
RESPONSE_STALL_SECONDS: float = _env["RESPONSE_STALL_SECONDS"]
HTTP_MAX_CONNECTIONS_PER_ADDRESS: int = _env["HTTP_MAX_CONNECTIONS_PER_ADDRESS"]
RATE_LIMIT_WINDOW_SECONDS: int = _env["RATE_LIMIT_WINDOW_MS"] // 1000
FEATURE_PUBLIC_DRAFTS: bool = _env["FEATURE_PUBLIC_DRAFTS"]
FEATURE_CODE_EXECUTION: bool = _env["FEATURE_CODE_EXECUTION"]
RATE_LIMIT_MAX_REQUESTS: int = _env["RATE_LIMIT_MAX_REQUESTS"]
REST_FRAMEWORK = rest.REST_FRAMEWORK
SPECTACULAR_SETTINGS = rest.SPECTACULAR_SETTINGS

# Votes and sockets

VOTE_QUEUE_MAX: int = _env["VOTE_QUEUE_MAX"]
VOTE_BATCH_MAX: int = _env["VOTE_BATCH_MAX"]
MESSAGE_QUEUE_MAX: int = _env["MESSAGE_QUEUE_MAX"]
MESSAGE_BATCH_MAX: int = _env["MESSAGE_BATCH_MAX"]
WS_MAX_MESSAGE_BYTES: int = _env["WS_MAX_MESSAGE_BYTES"]
WS_MAX_COMMANDS_PER_SECOND: int = _env["WS_MAX_COMMANDS_PER_SECOND"]
WS_MAX_BYTES_PER_SECOND_PER_ADDRESS: int = _env["WS_MAX_BYTES_PER_SECOND_PER_ADDRESS"]
WS_MAX_TOPICS_PER_SOCKET: int = _env["WS_MAX_TOPICS_PER_SOCKET"]
WS_MAX_SOCKETS_PER_USER: int = _env["WS_MAX_SOCKETS_PER_USER"]
WS_MAX_SOCKETS: int = _env["WS_MAX_SOCKETS"]
WS_MAX_SOCKETS_PER_ADDRESS_PERCENT: int = _env["WS_MAX_SOCKETS_PER_ADDRESS_PERCENT"]
WS_MAX_QUEUED_BYTES: int = _env["WS_MAX_QUEUED_BYTES"]
WS_MAX_QUEUED_BYTES_PER_ADDRESS: int = _env["WS_MAX_QUEUED_BYTES_PER_ADDRESS"]
WS_MAX_QUEUED_BYTES_PER_PROCESS: int = _env["WS_MAX_QUEUED_BYTES_PER_PROCESS"]
SOCKET_IO_CONNECT_SECONDS: int = _env["SOCKET_IO_CONNECT_SECONDS"]
WS_IDLE_SECONDS: int = _env["WS_IDLE_SECONDS"]
WS_STALL_SECONDS: int = _env["WS_STALL_SECONDS"]
WS_REPEAT_SECONDS: int = _env["WS_REPEAT_SECONDS"]
SHUTDOWN_SECONDS: int = _env["SHUTDOWN_SECONDS"]
DRAIN_SECONDS: int = _env["DRAIN_SECONDS"]
KEEP_ALIVE_SECONDS: int = _env["KEEP_ALIVE_SECONDS"]

METRICS_TOKEN: str | None = _env["METRICS_TOKEN"]

# Jobs

JOB_WORKERS: int = _env["JOB_WORKERS"]
# `make run` is one process, which runs jobs too. `make serve` starts processes for them.
RUNS_JOBS = sys.argv[1:2] == ["run"]
WORKER_METRICS_PORT: int = _env["WORKER_METRICS_PORT"]
JOBS_PER_WORKER: int = _env["JOBS_PER_WORKER"]
JOBS_RUNNING_PER_OWNER: int = _env["JOBS_RUNNING_PER_OWNER"]
JOBS_QUEUED_PER_OWNER: int = _env["JOBS_QUEUED_PER_OWNER"]
REPORTS_RUNNING: int = _env["REPORTS_RUNNING"]
JOBS_KEPT_DAYS: int = _env["JOBS_KEPT_DAYS"]
UPLOAD_MAX_BYTES: int = _env["UPLOAD_MAX_BYTES"]
UPLOADS_PER_OWNER: int = _env["UPLOADS_PER_OWNER"]
UPLOADS_AT_ONCE: int = _env["UPLOADS_AT_ONCE"]
UPLOAD_SECONDS: int = _env["UPLOAD_SECONDS"]
PICTURE_MAX_BYTES: int = _env["PICTURE_MAX_BYTES"]
PICTURES_PER_OWNER: int = _env["PICTURES_PER_OWNER"]
PICTURES_PER_HOUR: int = _env["PICTURES_PER_HOUR"]
REPORT_FONTS_DIR: str = _env["REPORT_FONTS_DIR"]

# Webhooks

WEBHOOKS_PER_OWNER: int = _env["WEBHOOKS_PER_OWNER"]
WEBHOOKS_ALLOW_PRIVATE: bool = _env["WEBHOOKS_ALLOW_PRIVATE"]
WEBHOOK_TIMEOUT_SECONDS: int = _env["WEBHOOK_TIMEOUT_SECONDS"]
WEBHOOK_DISABLED_AFTER_DAYS: int = _env["WEBHOOK_DISABLED_AFTER_DAYS"]
WEBHOOK_DELIVERIES_KEPT_DAYS: int = _env["WEBHOOK_DELIVERIES_KEPT_DAYS"]

# Languages, time and logs

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("ar", "العربية")]
# Takes precedence over the catalogs of Django's apps, where both have a message.
LOCALE_PATHS = [BASE_DIR / "web" / "locale"]
FORMAT_MODULE_PATH = "web.formats"
LANGUAGE_COOKIE_NAME = "tallyroom_language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"

LOG_LEVEL: str = _env["LOG_LEVEL"]
LOGGING_CONFIG = None
LOG_FORMAT: str = _env["LOG_FORMAT"]
configure_logs(LOG_LEVEL, is_json=LOG_FORMAT == "json")
