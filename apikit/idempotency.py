"""``Idempotency-Key``: the same key with the same request gives the first answer again.

An answer is kept in the transaction of the write it belongs to: after a crash either both are
there or neither, so that a client which repeats a request under its key can't do it twice. A
request that was refused changed nothing and spends no key.

After https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/.
"""

import base64
import functools
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from cryptography.fernet import Fernet
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apikit.actors import Actor
from apikit.errors import ApiError, IdempotencyKeyReusedError, ValidationFailedError
from apikit.models import IdempotencyRecord
from apikit.pruning import Batch, delete_batch, pruner

HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotent-Replayed"
MAX_KEY_CHARS = 255
# Visitors share one scope, so their keys have to be hard to guess.
MIN_VISITOR_KEY_CHARS = 16
_KEPT_HEADERS = ("ETag", "Location")

Handler = TypeVar("Handler", bound=Callable[..., Response])


def check_key(key: str, *, minimum_chars: int = 1) -> str:
    """``key`` itself, if it is one.

    :raises ValidationFailedError: unless it is printable ASCII of the right length.
    """
    if minimum_chars <= len(key) <= MAX_KEY_CHARS and key.isascii() and key.isprintable():
        return key
    raise ValidationFailedError.of(
        HEADER, f"A key has {minimum_chars} to {MAX_KEY_CHARS} printable ASCII characters."
    )


def read_key(request: Request, actor: Actor) -> str | None:
    """The key a request came with, if any.

    :raises ValidationFailedError: for one that can't be a key.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    return check_key(key, minimum_chars=1 if actor.id else MIN_VISITOR_KEY_CHARS)


def scope_of(actor: Actor) -> str:
    """Whose key it is: each person has their own keys, visitors have theirs in common."""
    return str(actor.id) if actor.id else "visitor"


def fingerprint_of(*parts: Any) -> str:
    """A digest of what was asked for; ``parts`` are JSON values.

    With our key: a request can hold a password, which a plain digest would let anyone try out who
    gets to see the database. Under another SECRET_KEY no request is the same as before.
    """
    asked = json.dumps(parts, sort_keys=True).encode()
    return hmac.new(settings.SECRET_KEY.encode(), asked, "sha256").hexdigest()


def idempotent(handler: Handler) -> Handler:
    """Lets a view's handler honour the header; its services' transactions join one of ours."""

    @functools.wraps(handler)
    def answer_once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        run = functools.partial(handler, view, request, *args, **kwargs)
        actor: Any = request.user
        key = read_key(request, actor)
        if key is None:
            return run()
        fingerprint = fingerprint_of(request.method, request.path_info, request.data)
        return _Keeper(scope_of(actor), key, fingerprint).answer(run)

    answer_once.is_idempotent = True  # type: ignore[attr-defined]
    return answer_once  # type: ignore[return-value]


@pruner("idempotency_keys", every=timedelta(hours=1))
def prune_keys(_position: str) -> Batch:
    """Deletes answers older than ``IDEMPOTENCY_KEPT_HOURS``."""
    age = timedelta(hours=settings.IDEMPOTENCY_KEPT_HOURS)
    old = IdempotencyRecord.objects.filter(created_at__lt=timezone.now() - age)
    return delete_batch(old.order_by("created_at"))


class _KeyTakenError(Exception):
    """Somebody else holds the key."""


class _Keeper:
    """Keeps one answer under one key, readable only to who knows the key and the request.

    Answers hold access tokens, so what lies in the database is encrypted with what the client
    has to send again to get it.
    """

    def __init__(self, scope: str, key: str, fingerprint: str) -> None:
        self.scope = scope
        self.key = key
        self.fingerprint = fingerprint
        secret = hashlib.sha256(f"{settings.SECRET_KEY}\0{key}\0{fingerprint}".encode()).digest()
        self._cipher = Fernet(base64.urlsafe_b64encode(secret))

    def answer(self, run: Callable[[], Response]) -> Response:
        """The answer kept from the first time, or what ``run`` gives now, kept from now on."""
        kept = self._recall()
        if kept is None:
            try:
                return self._run_and_keep(run)
            except _KeyTakenError:
                kept = self._recall()
        # None: the request that held the key was refused after all, which spent no key.
        return run() if kept is None else kept

    def _run_and_keep(self, run: Callable[[], Response]) -> Response:
        refusal: ApiError
        with transaction.atomic():
            # First of all, so that a second request with this key waits here for the first.
            record = self._reserve()
            try:
                response = run()
            except ApiError as error:
                if not error.keeps_changes:
                    raise
                refusal = error
                record.delete()
            else:
                self._keep(record, response)
                return response
        raise refusal

    def _recall(self) -> Response | None:
        record = IdempotencyRecord.objects.filter(scope=self.scope, key=self.key).first()
        if record is None:
            return None
        if record.fingerprint != self.fingerprint:
            raise IdempotencyKeyReusedError
        kept: Mapping[str, Any] = json.loads(self._cipher.decrypt(bytes(record.answer)))
        return Response(
            kept["data"],
            status=kept["status"],
            headers={**kept["headers"], REPLAYED_HEADER: "true"},
        )

    def _reserve(self) -> IdempotencyRecord:
        try:
            with transaction.atomic():
                return IdempotencyRecord.objects.create(
                    scope=self.scope,
                    key=self.key,
                    fingerprint=self.fingerprint,
                    answer=b"",
                    created_at=timezone.now(),
                )
        except IntegrityError as error:
            raise _KeyTakenError from error

    def _keep(self, record: IdempotencyRecord, response: Response) -> None:
        kept = {
            "status": response.status_code,
            "data": response.data,
            "headers": {name: response[name] for name in _KEPT_HEADERS if name in response},
        }
        record.answer = self._cipher.encrypt(JSONRenderer().render(kept))
        record.save(update_fields=["answer"])
