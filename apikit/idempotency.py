"""``Idempotency-Key``: repeating a request with its key returns the first response again.

The response is stored in the transaction of the write. After a crash either both exist or neither,
so repeating a request under its key never repeats the write. A refused request changed nothing, so
its key stays unused.

Follows https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/.
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
from apikit.errors import (
    IDEMPOTENCY_HEADER,
    ApiError,
    IdempotencyKeyReusedError,
    ValidationFailedError,
)
from apikit.models import IdempotencyRecord
from apikit.pruning import Batch, delete_batch, pruner

REPLAYED_HEADER = "Idempotent-Replayed"
MAX_KEY_CHARS = 255
# Visitors share one scope, so their keys have to be hard to guess.
MIN_VISITOR_KEY_CHARS = 16
_STORED_HEADERS = ("ETag", "Location")

Handler = TypeVar("Handler", bound=Callable[..., Response])


def check_key(key: str, *, minimum_chars: int = 1) -> str:
    """Return ``key`` if it is valid.

    :raises ValidationFailedError: unless it is printable ASCII of an allowed length.
    """
    if minimum_chars <= len(key) <= MAX_KEY_CHARS and key.isascii() and key.isprintable():
        return key
    raise ValidationFailedError.of(
        IDEMPOTENCY_HEADER,
        f"A key has {minimum_chars} to {MAX_KEY_CHARS} printable ASCII characters.",
    )


def read_key(request: Request, actor: Actor) -> str | None:
    """Return the key of a request, if it has one.

    :raises ValidationFailedError: for an invalid key.
    """
    key = request.headers.get(IDEMPOTENCY_HEADER)
    if key is None:
        return None
    return check_key(key, minimum_chars=1 if actor.id else MIN_VISITOR_KEY_CHARS)


def scope_of(actor: Actor) -> str:
    """Return the owner of a key: each user has a scope of their own, visitors share one."""
    return str(actor.id) if actor.id else "visitor"


def fingerprint_of(*parts: Any) -> str:
    """Return a digest of a request, given as JSON values.

    It is keyed, because a request can contain a password: a plain digest in a leaked database would
    let an attacker try passwords. With another SECRET_KEY, no request matches its old fingerprint.
    Equal numbers are the same, however they are written.
    """
    request = json.dumps(parts, sort_keys=True)
    if ".0" in request:
        request = json.dumps(_canonical(parts), sort_keys=True)
    return hmac.new(settings.SECRET_KEY.encode(), request.encode(), "sha256").hexdigest()


def _canonical(value: Any) -> Any:
    """Return a JSON value in which equal numbers are written alike: 0 for 0, 0.0 and -0.0."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list | tuple):
        return [_canonical(each) for each in value]
    if isinstance(value, Mapping):
        return {name: _canonical(each) for name, each in value.items()}
    return value


def idempotent(handler: Handler) -> Handler:
    """Make a handler honour the header; transactions of its services join the outer one."""

    @functools.wraps(handler)
    def run_once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        run = functools.partial(handler, view, request, *args, **kwargs)
        actor: Any = request.user
        if read_key(request, actor) is None:
            return run()
        return respond_once(request, request.data, run)

    run_once.is_idempotent = True  # type: ignore[attr-defined]
    return run_once  # type: ignore[return-value]


def respond_once(request: Request, content: Any, run: Callable[[], Response]) -> Response:
    """Honour the header for a request whose body is not JSON.

    ``content`` are JSON values that differ if the bodies do.
    """
    actor: Any = request.user
    key = read_key(request, actor)
    if key is None:
        return run()
    fingerprint = fingerprint_of(request.method, request.path_info, content)
    return _StoredResponse(scope_of(actor), key, fingerprint).get_or_run(run)


def reply_once(
    actor: Actor, key: str | None, request: Any, run: Callable[[], Mapping[str, Any]]
) -> Mapping[str, Any]:
    """Honour a key that was sent on a socket; ``request`` and the reply are JSON values.

    :raises ValidationFailedError: for an invalid key.
    :raises IdempotencyKeyReusedError: if the key was used for another request.
    """
    if key is None:
        return run()
    stored = _StoredResponse(scope_of(actor), check_key(key), fingerprint_of(request))
    reply: Mapping[str, Any] = stored.get_or_run(lambda: Response(run())).data
    return reply


@pruner("idempotency_keys", every=timedelta(hours=1))
def prune_keys(_position: str) -> Batch:
    """Delete responses older than ``IDEMPOTENCY_KEPT_HOURS``."""
    age = timedelta(hours=settings.IDEMPOTENCY_KEPT_HOURS)
    old = IdempotencyRecord.objects.filter(created_at__lt=timezone.now() - age)
    return delete_batch(old.order_by("created_at"))


class _KeyTakenError(Exception):
    """Another request has the key."""


class _StoredResponse:
    """The response stored under a key, encrypted with the key and the request.

    Responses contain access tokens, so only a client that repeats the request can read one.
    """

    def __init__(self, scope: str, key: str, fingerprint: str) -> None:
        self.scope = scope
        self.key = key
        self.fingerprint = fingerprint
        secret = hashlib.sha256(f"{settings.SECRET_KEY}\0{key}\0{fingerprint}".encode()).digest()
        self._cipher = Fernet(base64.urlsafe_b64encode(secret))

    def get_or_run(self, run: Callable[[], Response]) -> Response:
        """Return the stored response, or that of ``run``, which is then stored."""
        stored = self._load()
        if stored is None:
            try:
                return self._run_and_store(run)
            except _KeyTakenError:
                stored = self._load()
        # None: the request that had the key was refused, which leaves the key unused.
        return run() if stored is None else stored

    def _run_and_store(self, run: Callable[[], Response]) -> Response:
        refusal: ApiError
        with transaction.atomic():
            # First, so that a concurrent request with the same key waits here.
            record = self._reserve()
            try:
                response = run()
            except ApiError as error:
                if not error.keeps_changes:
                    raise
                refusal = error
                record.delete()
            else:
                self._store(record, response)
                return response
        raise refusal

    def _load(self) -> Response | None:
        record = IdempotencyRecord.objects.filter(scope=self.scope, key=self.key).first()
        if record is None:
            return None
        if record.fingerprint != self.fingerprint:
            raise IdempotencyKeyReusedError
        stored: Mapping[str, Any] = json.loads(self._cipher.decrypt(bytes(record.response)))
        return Response(
            stored["data"],
            status=stored["status"],
            headers={**stored["headers"], REPLAYED_HEADER: "true"},
        )

    def _reserve(self) -> IdempotencyRecord:
        try:
            with transaction.atomic():
                return IdempotencyRecord.objects.create(
                    scope=self.scope,
                    key=self.key,
                    fingerprint=self.fingerprint,
                    response=b"",
                    created_at=timezone.now(),
                )
        except IntegrityError as error:
            raise _KeyTakenError from error

    def _store(self, record: IdempotencyRecord, response: Response) -> None:
        stored = {
            "status": response.status_code,
            "data": response.data,
            "headers": {name: response[name] for name in _STORED_HEADERS if name in response},
        }
        record.response = self._cipher.encrypt(JSONRenderer().render(stored))
        record.save(update_fields=["response"])
