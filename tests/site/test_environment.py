"""Settings from the environment: values, and error messages for invalid ones."""

from datetime import timedelta
from typing import Any

import pytest

from polling_site.config.definitions import SETTINGS
from polling_site.config.environment import SettingError, read_environment

GOOD: list[tuple[str, str, Any]] = [
    ("ENVIRONMENT", "Development", "development"),
    ("DEBUG", "yes", True),
    ("DEBUG", "OFF", False),
    ("PORT", "1", 1),
    ("PORT", " 65535 ", 65535),
    ("RATE_LIMIT_MAX_REQUESTS", "0", 0),
    ("JWT_ACCESS_EXPIRES_IN", "90s", timedelta(seconds=90)),
    ("JWT_ACCESS_EXPIRES_IN", "15m", timedelta(minutes=15)),
    ("JWT_REFRESH_EXPIRES_IN", "12h", timedelta(hours=12)),
    ("JWT_REFRESH_EXPIRES_IN", "7d", timedelta(days=7)),
    ("ALLOWED_HOSTS", "a.org, b.org,,", ["a.org", "b.org"]),
    (
        "CORS_ORIGIN",
        "https://a.org,http://localhost:3000",
        ["https://a.org", "http://localhost:3000"],
    ),
    ("CORS_ORIGIN", "*", ["*"]),
    ("TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8,::1", "127.0.0.1, 10.0.0.0/8,::1"),
    ("TRUSTED_PROXIES", "*", "*"),
    ("REDIS_URL", "redis://:secret@host:6379/1", "redis://:secret@host:6379/1"),
    ("REDIS_URL", "rediss://host", "rediss://host"),
    ("REDIS_URL", "unix:///run/redis.sock", "unix:///run/redis.sock"),
    ("PUBLIC_URL", "https://polls.example.org", "https://polls.example.org"),
    ("PUBLIC_URL", "HTTPS://Polls.Example.org:443/", "https://polls.example.org"),
    ("PUBLIC_URL", "https://umfrage-köln.de:8443", "https://xn--umfrage-kln-zfb.de:8443"),
    ("PUBLIC_URL", "http://polls.example.org:80", "http://polls.example.org"),
    ("PUBLIC_URL", "http://polls.example.org.:8000", "http://polls.example.org:8000"),
    ("PUBLIC_URL", "http://[FD00::0:1]:8000", "http://[fd00::1]:8000"),
    (
        "CORS_ORIGIN",
        "https://A.org:443/,http://bücher.example",
        ["https://a.org", "http://xn--bcher-kva.example"],
    ),
    (
        "ALLOWED_HOSTS",
        "Polls.Example.org.,.BÜCHER.example,*,[FD00::0:1]",
        ["polls.example.org", ".xn--bcher-kva.example", "*", "[fd00::1]"],
    ),
    ("SOCKET_IO_NODE", "Web2", "Web2"),
    ("LOG_LEVEL", "warning", "WARNING"),
    ("LOG_FORMAT", "JSON", "json"),
    ("SECRET_KEY", "anything at all", "anything at all"),
]

BAD: list[tuple[str, str]] = [
    ("ENVIRONMENT", "staging"),
    ("DEBUG", "maybe"),
    ("DEBUG", "2"),
    *(("PORT", each) for each in ("0", "65536", "-1", "80.0", "1_000", "\uff18\uff10", "http")),
    ("WEB_PROCESSES", "0"),
    *(("SOCKET_IO_NODE", each) for each in ("web-1", "a.b", "n" * 33, "ü")),
    ("RATE_LIMIT_WINDOW_MS", "999"),
    ("RATE_LIMIT_MAX_REQUESTS", "many"),
    *(
        ("JWT_ACCESS_EXPIRES_IN", each)
        for each in ("15", "0m", "15 m", "15M", "1w", "1h30m", "-5m", "4000d", "1.5h")
    ),
    ("JWT_REFRESH_EXPIRES_IN", "forever"),
    *(
        ("CORS_ORIGIN", each)
        for each in ("a.org", "https://a.org/path", "https://a.org:x", "ftp://a.org", "https://")
    ),
    *(("TRUSTED_PROXIES", each) for each in ("nginx", "10.0.0.0/40", "1.2.3.4;5.6.7.8")),
    *(
        ("DATABASE_URL", each)
        for each in (
            "nonsense",
            "mysql://u:s3cret@h/n",
            "postgres://",
            "postgres://u:s3cret@h:x/n",
            "postgres://u:s3cret@h:5432/",
            "sqlite://",
            "sqlite:///",
            "sqlite://:memory:",
        )
    ),
    *(
        ("REDIS_URL", each)
        for each in ("host:6379", "redis://", "redis://:s3cret@h:x/0", "redis://:s3cret@h/x", "h")
    ),
    *(("EMAIL_URL", each) for each in ("mail", "smtp://", "smtp+tls://u:s3cret@h:x", "imap://h")),
    *(
        ("PUBLIC_URL", each)
        for each in ("polls.org", "https://polls.org/path", "https://h:x", "https://u:s3cret@h")
    ),
    *(("ALLOWED_HOSTS", each) for each in ("https://polls.org", "polls.org:8000", "a b")),
    ("LOG_LEVEL", "LOUD"),
    ("LOG_FORMAT", "xml"),
]


@pytest.mark.parametrize(("name", "text", "value"), GOOD)
def test_a_valid_value_is_parsed(name: str, text: str, value: Any) -> None:
    assert read_environment({name: text})[name] == value


@pytest.mark.parametrize(("name", "text"), BAD)
def test_an_invalid_value_gets_a_sentence_that_names_the_setting(name: str, text: str) -> None:
    with pytest.raises(SettingError) as refusal:
        read_environment({name: text})
    sentence = str(refusal.value)
    assert sentence.startswith(f"{name} must be ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "s3cret" not in sentence


def test_a_value_without_secrets_is_shown() -> None:
    with pytest.raises(SettingError, match="not 'staging'"):
        read_environment({"ENVIRONMENT": "staging"})


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_optional_and_empty_counts_as_unset(name: str) -> None:
    assert read_environment({name: "  "})[name] == read_environment({})[name]


def test_the_defaults_are_those_of_the_contract() -> None:
    values = read_environment({})
    assert values["PORT"] == 8000
    assert values["JWT_ACCESS_EXPIRES_IN"] == timedelta(minutes=15)
    assert values["JWT_REFRESH_EXPIRES_IN"] == timedelta(days=7)
    assert values["DEBUG"] is False
    assert values["ENVIRONMENT"] == "development"
    assert values["DATABASE_URL"] is None
    assert values["REDIS_URL"] is None


@pytest.mark.parametrize(
    ("text", "engine", "name"),
    [
        ("sqlite:////srv/polls.sqlite3", "django.db.backends.sqlite3", "/srv/polls.sqlite3"),
        ("postgres://u:p@h:5432/n", "django.db.backends.postgresql", "n"),
        ("postgresql://u:p%40@h/n?sslmode=require", "django.db.backends.postgresql", "n"),
    ],
)
def test_a_database_url_is_parsed(text: str, engine: str, name: str) -> None:
    database = read_environment({"DATABASE_URL": text})["DATABASE_URL"]
    assert (database["ENGINE"], database["NAME"]) == (engine, name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("consolemail://", {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}),
        (
            "smtp+tls://u:p@mail.org:587",
            {"EMAIL_HOST": "mail.org", "EMAIL_PORT": 587, "EMAIL_USE_TLS": True},
        ),
    ],
)
def test_an_email_url_is_parsed(text: str, expected: dict[str, Any]) -> None:
    assert expected.items() <= read_environment({"EMAIL_URL": text})["EMAIL_URL"].items()


def test_every_setting_has_a_purpose() -> None:
    for setting in SETTINGS.values():
        assert setting.purpose[0].isupper() or setting.purpose[0] == "`"
        assert setting.purpose.endswith(".")
