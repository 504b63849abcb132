"""New secrets as lines for ``.env``. Needs no settings, so that it works before there are any."""

import secrets

SECRET_NAMES = ("SECRET_KEY", "JWT_SECRET", "JWT_REFRESH_SECRET")
COMMAND = "generate_secrets"


def secret_lines() -> str:
    """A line for each secret of production, and one for the database of docker-compose.yml."""
    lines = [f"{name}={secrets.token_urlsafe(48)}" for name in SECRET_NAMES]
    # Hexadecimal, since it becomes part of an address.
    lines.append(f"POSTGRES_PASSWORD={secrets.token_hex(24)}")
    return "".join(f"{line}\n" for line in lines)
