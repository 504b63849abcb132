"""Passwords of the demo accounts, saved per database and checked before they are shown."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import check_password

from accounts.models import User
from polling_site.database.diagnostics import database_settings

# The file of earlier versions, for all databases.
_SHARED_NAME = "demo-accounts.txt"


def path_for_database() -> Path:
    """The file of passwords for the current database; next to it if it is SQLite."""
    database = database_settings()
    if settings.IS_EMBEDDED:
        name = Path(database["NAME"])
        return name.with_name(f"{name.name}.demo-accounts.txt")
    which = "|".join(str(database.get(part, "")) for part in ("HOST", "PORT", "NAME"))
    key = hashlib.sha256(which.encode()).hexdigest()[:16]
    return Path(settings.VAR_DIR) / f"demo-accounts-{key}.txt"


def save(text: str) -> None:
    """Saves lines of role, email and password, readable by the owner only."""
    path = path_for_database()
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def working_lines() -> list[str]:
    """Lines of accounts that can sign in to the current database; hashes each password."""
    return [line for line in _saved_lines() if _works(line)]


def _saved_lines() -> Iterator[str]:
    for path in (path_for_database(), Path(settings.VAR_DIR) / _SHARED_NAME):
        if path.exists():
            yield from path.read_text(encoding="utf-8").splitlines()
            return


def _works(line: str) -> bool:
    try:
        _, email, password = line.split()
    except ValueError:
        return False
    user = User.objects.filter(email=email, is_active=True).first()
    return user is not None and check_password(password, user.password)
