"""Bodies that the API accepts, with real secrets in those that take one."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.contrib.auth.tokens import default_token_generator

from accounts import profiles
from accounts.models import User
from accounts.sign_in import open_token_family
from tests.conftest import PASSWORD


def pending_email_token(user: User) -> str:
    """The token of a link that changes the email address of ``user``."""
    user.pending_email = f"{uuid4()}@example.org"
    user.save(update_fields=["pending_email"])
    return f"{user.id}.{profiles._email_change_tokens.make_token(user)}"


def valid_body(endpoint: str, user: User) -> Any:
    """A body that the endpoint accepts, with secrets of ``user`` where it takes any; else None."""
    newcomer = {"name": "New", "email": f"{uuid4()}@example.org", "password": PASSWORD}
    bodies: dict[str, Callable[[], dict[str, Any]]] = {
        "POST /api/auth/register": lambda: newcomer,
        "POST /api/auth/login": lambda: {"email": user.email, "password": PASSWORD},
        "POST /api/auth/refresh": lambda: {"refreshToken": open_token_family(user=user).refresh},
        "POST /api/auth/logout": lambda: {"refreshToken": open_token_family(user=user).refresh},
        "POST /api/auth/password/reset": lambda: {"email": user.email},
        "POST /api/auth/password/reset/confirm": lambda: {
            "token": f"{user.id}.{default_token_generator.make_token(user)}",
            "newPassword": PASSWORD,
        },
        "POST /api/auth/email/confirm": lambda: {"token": pending_email_token(user)},
        "POST /api/auth/password/change": lambda: {
            "currentPassword": PASSWORD,
            "newPassword": f"another {PASSWORD}",
        },
        "PUT /api/users/me": lambda: {"name": "Somebody Else"},
        "PATCH /api/users/me": lambda: {"name": "Somebody Else"},
        "PUT /api/users/me/status": lambda: {"status": "busy"},
        "GET /api/users/search": lambda: {"q": "dora"},
        "POST /api/users": lambda: newcomer,
        "POST /api/projects": lambda: {"name": "Town hall"},
        "POST /api/rooms": lambda: {"name": "Kitchen"},
        "POST /api/rooms/direct": lambda: {"userId": str(user.id)},
        "GET /api/messages/search": lambda: {"q": "tea"},
        "POST /api/send": lambda: {"userName": "Ada", "messageBody": "Hello!", "userId": "7"},
        # A poll that is missing, for everybody.
        "POST /api/jobs": lambda: {
            "type": "data_processing",
            "payload": {"action": "recount", "pollId": str(uuid4())},
        },
        "POST /api/webhooks": lambda: {
            "url": "https://hooks.example.org/",
            "events": ["poll.opened"],
        },
        "PUT /api/webhooks/{webhook_id}": lambda: {"name": "Another"},
        "PATCH /api/webhooks/{webhook_id}": lambda: {"name": "Another"},
        "POST /api/uploads": lambda: {"question": "Tea or coffee?"},
        "POST /api/polls": lambda: {"question": "Tea or coffee?", "options": ["Tea", "Coffee"]},
    }
    return bodies[endpoint]() if endpoint in bodies else None
