"""Secrets and signatures, as the Standard Webhooks specification describes them."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from standardwebhooks.webhooks import Webhook as Signer

SECRET_PREFIX = "whsec_"  # noqa: S105 - not a secret
SECRET_BYTES = 32
USER_AGENT = "Tallyroom-Webhooks"


def new_secret() -> str:
    """Return a new secret."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(
    message_id: UUID, body: str, keys: Sequence[str], now: datetime
) -> dict[str, str]:
    """Return the headers of a request, with a signature for each of the secrets.

    ``now`` is in UTC. Receivers refuse messages that are older than five minutes, so each attempt
    is signed again.
    """
    signatures = [Signer(key).sign(str(message_id), now, body) for key in keys]
    return {
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": USER_AGENT,
        "webhook-id": str(message_id),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
