"""Starting: production requires its settings; problems are reported in a sentence."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from polling_site.config.environment import GENERATE_SECRETS, SettingError, read_environment
from polling_site.config.generated_secrets import SECRET_NAMES, secret_lines
from tests.processes import ROOT

PRODUCTION = {
    "ENVIRONMENT": "production",
    "DATABASE_URL": "postgres://u:p@h/n",
    "REDIS_URL": "redis://h",
    "SECRET_KEY": "one secret of thirty-two letters or more",
    "JWT_SECRET": "another one of thirty-two letters or more",
    "JWT_REFRESH_SECRET": "a third of thirty-two letters or more",
}


def refusal(**changes: str) -> str:
    with pytest.raises(SettingError) as refused:
        read_environment(PRODUCTION | changes)
    return str(refused.value)


def test_production_starts_with_the_required_settings() -> None:
    assert read_environment(PRODUCTION)["ENVIRONMENT"] == "production"


@pytest.mark.parametrize("name", [name for name in PRODUCTION if name != "ENVIRONMENT"])
def test_production_refuses_to_start_without(name: str) -> None:
    first, *rest = refusal(**{name: ""}).splitlines()
    assert first == f"{name} must be set in production."
    assert rest == ([GENERATE_SECRETS] if name in SECRET_NAMES else [])


def test_all_problems_are_reported_at_once() -> None:
    with pytest.raises(SettingError) as refused:
        read_environment({"ENVIRONMENT": "production", "PORT": "http", "DEBUG": "true"})
    assert str(refused.value).splitlines() == [
        "PORT must be a whole number from 1 to 65535, not 'http'.",
        *(f"{name} must be set in production." for name in SECRET_NAMES),
        "DATABASE_URL must be set in production.",
        "REDIS_URL must be set in production.",
        "DEBUG must be off in production.",
        GENERATE_SECRETS,
    ]


@pytest.mark.parametrize(
    "secret",
    [
        "s" * 40,
        "abc" * 20,
        "django-insecure-8f#kq2l)v7w^x1z9m3n5b6c4d0",
        "please-CHANGE-ME-before-you-start-1234567",
        "changeme-changeme-changeme-0123456789abcd",
    ],
)
@pytest.mark.parametrize("name", ["SECRET_KEY", "JWT_SECRET", "JWT_REFRESH_SECRET"])
def test_production_refuses_a_placeholder(name: str, secret: str) -> None:
    first, *_ = refusal(**{name: secret}).splitlines()
    assert first == f"{name} must be random in production; it looks like a placeholder."


def test_generated_secrets_are_accepted_and_differ() -> None:
    lines = secret_lines().splitlines()
    values = dict(line.split("=", 1) for line in lines)
    assert values.keys() == {*SECRET_NAMES, "POSTGRES_PASSWORD"}
    assert values["POSTGRES_PASSWORD"].isalnum()
    read_environment(PRODUCTION | {name: values[name] for name in SECRET_NAMES})
    assert not set(lines) & set(secret_lines().splitlines())


@pytest.mark.parametrize("name", ["SECRET_KEY", "JWT_SECRET", "JWT_REFRESH_SECRET"])
def test_production_refuses_a_short_secret_and_does_not_repeat_it(name: str) -> None:
    sentence = refusal(**{name: "short and secret"})
    assert sentence.startswith(f"{name} must have at least 32 characters")
    assert "short and secret" not in sentence


def test_production_refuses_one_secret_for_two_purposes() -> None:
    sentence = refusal(JWT_REFRESH_SECRET=PRODUCTION["JWT_SECRET"])
    assert "must differ" in sentence
    assert PRODUCTION["JWT_SECRET"] not in sentence


def test_production_refuses_sqlite_and_debug() -> None:
    assert refusal(DATABASE_URL="sqlite:////srv/x.sqlite3").startswith("DATABASE_URL must be")
    assert refusal(DEBUG="true") == "DEBUG must be off in production."


def start(directory: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Reads the settings in a new process, and prints some of them."""
    program = """
import json
from polling_site import settings
print(json.dumps({
    "access": settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"].total_seconds(),
    "refresh": settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"].total_seconds(),
    "secure": [settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE],
    "public": settings.PUBLIC_URL,
    "origins": settings.CSRF_TRUSTED_ORIGINS,
    "hosts": settings.ALLOWED_HOSTS,
    "window": settings.RATE_LIMIT_WINDOW_SECONDS,
    "debug": settings.DEBUG,
    "key": settings.SECRET_KEY,
    "signing": settings.SIMPLE_JWT["SIGNING_KEY"],
    "signing_refresh": settings.JWT_REFRESH_SECRET,
    "database": settings.DATABASES["default"]["NAME"],
}))
"""
    environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(directory / "var"), **variables}
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def started(directory: Path, **variables: str) -> dict[str, Any]:
    ended = start(directory, **variables)
    assert ended.returncode == 0, ended.stderr
    values: dict[str, Any] = json.loads(ended.stdout)
    return values


def test_production_refuses_the_secrets_of_development(tmp_path: Path) -> None:
    kept = started(tmp_path)
    ended = start(tmp_path, **PRODUCTION | {"JWT_SECRET": kept["signing"]})
    assert ended.returncode == 1
    assert "are for development" in ended.stderr
    assert kept["signing"] not in ended.stderr


def test_a_failed_start_prints_only_the_sentence(tmp_path: Path) -> None:
    ended = start(tmp_path, PORT="http")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "PORT must be a whole number from 1 to 65535, not 'http'.\n"


def test_given_settings_override_the_defaults(tmp_path: Path) -> None:
    values = started(
        tmp_path,
        JWT_ACCESS_EXPIRES_IN="90s",
        JWT_REFRESH_EXPIRES_IN="12h",
        PUBLIC_URL="https://polls.example.org",
        RATE_LIMIT_WINDOW_MS="1500",
        SECRET_KEY="mine",
        DATABASE_URL=f"sqlite:///{tmp_path}/elsewhere/polls.sqlite3",
    )
    assert (values["access"], values["refresh"]) == (90, 43200)
    assert values["secure"] == [True, True]
    assert values["origins"] == ["https://polls.example.org"]
    assert values["window"] == 1
    assert values["key"] == "mine"
    assert values["database"] == f"{tmp_path}/elsewhere/polls.sqlite3"
    assert (tmp_path / "elsewhere").is_dir()


def test_a_first_start_needs_nothing_and_a_second_finds_the_same_secrets(tmp_path: Path) -> None:
    first, second = started(tmp_path, PORT="3000"), started(tmp_path)
    assert first["public"] == "http://localhost:3000"
    assert first["secure"] == [False, False]
    assert first["debug"] is False
    names = ("key", "signing", "signing_refresh")
    assert [first[name] for name in names] == [second[name] for name in names]
    assert len({first[name] for name in names}) == 3


def test_production_answers_to_the_names_it_is_given_only(tmp_path: Path) -> None:
    assert "*" not in started(tmp_path, **PRODUCTION)["hosts"]
    named = started(tmp_path, **PRODUCTION, ALLOWED_HOSTS="polls.example.org")
    assert named["hosts"] == ["polls.example.org"]
    assert not (tmp_path / "var" / "secrets.json").exists()


def test_a_process_has_everything_loaded_before_it_serves() -> None:
    program = """
import gc, sys
import polling_site.asgi
before = set(sys.modules)
from django.urls import resolve
for path in ("/", "/admin/", "/api/polls", "/health", "/manage"):
    resolve(path)
print(sorted(set(sys.modules) - before), gc.get_freeze_count() > 100_000)
"""
    process = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert process.stdout == "[] True\n", process.stderr
