"""Database errors are explained to operators in a sentence."""

import pytest
from django.db.utils import DatabaseError, InternalError, OperationalError, ProgrammingError
from pytest_django import Settings

from polling_site.database import diagnostics
from polling_site.database.diagnostics import explain

DATABASE = "The database (PostgreSQL, polls at db:5432)"
WRONG = f"{DATABASE} does not work: "
WRONG_PASSWORD = """connection failed: connection to server at "10.0.0.1", port 5432 failed: \
FATAL:  password authentication failed for user "tallyroom"
connection to server at "10.0.0.1", port 5432 failed: FATAL:  password authentication failed"""


@pytest.fixture(autouse=True)
def database(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.IS_EMBEDDED = False
    described = {"HOST": "db", "PORT": 5432, "NAME": "polls", "PASSWORD": "s3cret"}
    monkeypatch.setattr(diagnostics, "database_settings", lambda: described)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            OperationalError(WRONG_PASSWORD),
            f'{WRONG}password authentication failed for user "tallyroom". Check DATABASE_URL.',
        ),
        (
            OperationalError('connection failed: FATAL:  database "polls" does not exist'),
            f'{WRONG}database "polls" does not exist. Check DATABASE_URL.',
        ),
        (
            ProgrammingError('relation "accounts_user" does not exist\nLINE 1: SELECT'),
            f"{DATABASE} lacks migrations. Run {diagnostics.MIGRATE}.",
        ),
        (
            OperationalError("no such table: accounts_user"),
            f"{DATABASE} lacks migrations. Run {diagnostics.MIGRATE}.",
        ),
        (
            ProgrammingError("permission denied for schema public"),
            f"{DATABASE} refuses: permission denied for schema public. See docs/operations.md.",
        ),
        (
            InternalError("cannot write in a read-only transaction"),
            f"{DATABASE} refuses: cannot write in a read-only transaction. See docs/operations.md.",
        ),
        (InternalError("current transaction is aborted"), None),
        (OperationalError(), f"{WRONG}OperationalError. Check DATABASE_URL."),
        (ProgrammingError('syntax error at or near "FORM"'), None),
        (DatabaseError("a bug"), None),
    ],
)
def test_an_operators_error_is_a_sentence_and_a_bug_is_not(
    error: DatabaseError, sentence: str | None
) -> None:
    message = explain(error)
    assert message == sentence
    assert "s3cret" not in str(message)
