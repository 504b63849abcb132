"""``SESSION_ENGINE``: Django's sessions in the database, whatever a cookie claims to be a key."""

import re
from typing import Any

from django.contrib.sessions.backends import db

# As SessionBase makes them: VALID_KEY_CHARS, 32 of them.
_KEY = re.compile("[0-9a-z]{32}")


class SessionStore(db.SessionStore):
    """A key that was never given out is none, so the database is not asked for it.

    PostgreSQL refuses to be asked for one with a NUL, which a quoted cookie can hold.
    """

    def _validate_session_key(self, key: Any) -> bool:
        return isinstance(key, str) and _KEY.fullmatch(key) is not None
