"""Generates secrets for ``.env``. Works without settings."""

import secrets

SECRET_NAMES = ("SECRET_KEY", "JWT_SECRET", "JWT_REFRESH_SECRET")
COMMAND = "generate_secrets"


def secret_lines() -> str:
    """Lines for each secret of production, and for the database of docker-compose.yml."""
    lines = [f"{name}={secrets.token_urlsafe(48)}" for name in SECRET_NAMES]
    # Hexadecimal, because it becomes part of a URL.
    lines.append(f"POSTGRES_PASSWORD={secrets.token_hex(24)}")
    return "".join(f"{line}\n" for line in lines)
