"""Reads all settings from the environment.

Invalid values, and missing ones in production, stop the start with a :class:`SettingError`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from polling_site.config.definitions import SETTINGS
from polling_site.config.generated_secrets import SECRET_NAMES

MINIMUM_SECRET_CHARS = 32
# Fewer distinct characters are a pattern, such as one letter repeated.
MINIMUM_DISTINCT_CHARS = 8
_PLACEHOLDER = re.compile("change.?me|insecure|placeholder|your.?secret", re.IGNORECASE)


class SettingError(Exception):
    """Invalid settings; the text has a sentence for the operator about each of them."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__("\n".join(sentences))


GENERATE_SECRETS = "`make secrets` (or `manage.py generate_secrets`) prints new secrets for .env."


def read_environment(variables: Mapping[str, str]) -> dict[str, Any]:
    """Returns the typed value of every setting; an empty text counts as unset.

    :raises SettingError: for values that don't parse, and for settings missing in production.
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
        # Secrets are not repeated, nor URLs, which may contain passwords.
        shown = (
            "" if name.endswith(("_URL", "_TOKEN")) or name in SECRET_NAMES else f", not {text!r}"
        )
        raise ValueError(f"{name} must be {error}{shown}.") from error


def _check_production(values: Mapping[str, Any]) -> list[str]:
    """Sentences about what production lacks; ``values`` has no values that don't parse."""
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
    """What a secret lacks for production, as the end of a sentence; None if nothing."""
    if len(secret) < MINIMUM_SECRET_CHARS:
        return f"have at least {MINIMUM_SECRET_CHARS} characters in production."
    if len(set(secret)) < MINIMUM_DISTINCT_CHARS or _PLACEHOLDER.search(secret):
        return "be random in production; it looks like a placeholder."
    return None
