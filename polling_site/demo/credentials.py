"""The passwords of the demonstration's accounts, kept for each database and checked when shown."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import check_password

from accounts.models import User
from polling_site.database.diagnostics import database_settings

# Where they were kept for whatever database was in use.
_SHARED_NAME = "demo-accounts.txt"


def path_for_database() -> Path:
    """Where the passwords for the database in use are kept: beside it, if it is a file."""
    database = database_settings()
    if settings.IS_EMBEDDED:
        name = Path(database["NAME"])
        return name.with_name(f"{name.name}.demo-accounts.txt")
    which = "|".join(str(database.get(part, "")) for part in ("HOST", "PORT", "NAME"))
    key = hashlib.sha256(which.encode()).hexdigest()[:16]
    return Path(settings.VAR_DIR) / f"demo-accounts-{key}.txt"


def save(text: str) -> None:
    """Keeps them, readable by the owner only: a line with role, email and password each."""
    path = path_for_database()
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def working_lines() -> list[str]:
    """The lines of accounts that can sign in to the database in use; hashes each password."""
    return [line for line in _kept_lines() if _works(line)]


def _kept_lines() -> Iterator[str]:
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
