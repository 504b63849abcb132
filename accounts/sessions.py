"""``SESSION_ENGINE``: Django's database sessions, with validated keys."""

import re
from typing import Any

from django.contrib.sessions.backends import db

# As SessionBase creates them: 32 of VALID_KEY_CHARS.
_KEY = re.compile("[0-9a-z]{32}")


class SessionStore(db.SessionStore):
    """Ignores malformed session keys without a query.

    A quoted cookie can contain NUL, which PostgreSQL refuses with an error.
    """

    def _validate_session_key(self, key: Any) -> bool:
        return isinstance(key, str) and _KEY.fullmatch(key) is not None
