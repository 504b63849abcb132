"""Receives files: larger bodies than others, a few at a time, from accounts only.

The body of a file for jobs is not read into memory: Django keeps it in a temporary file, until it
is complete. Only then a thread and a connection to the database are needed. Pictures are smaller,
and wait in memory for their turn among the heavy requests.
"""

from collections import Counter

from django.conf import settings
from django.db import DatabaseError

from accounts.authentication import read_header
from accounts.selectors import check_access
from accounts.socket_auth import find_page_actor
from apikit.actors import Actor, visitor
from apikit.clients import client_network
from apikit.errors import ApiError, ServerUnavailableError, TooManyRequestsError
from apikit.exception_handler import as_api_error
from jobs.errors import UploadTooLargeError
from polling_site.asgi_middleware.body_limit import BodyLimit
from polling_site.asgi_middleware.messages import AsgiApp, Receive, Scope, Send
from polling_site.asgi_middleware.responses import send_error
from polling_site.paths import is_picture_upload, is_upload
from polls.errors import PictureTooLargeError
from realtime.database import in_database

PER_ACCOUNT = 2
RETRY_AFTER_S = 2
# Of a body in the multipart format, beside the file.
OVERHEAD_BYTES = 64 * 1024


class Uploads:
    """ASGI middleware that passes uploads to ``django_application``, and other requests to ``app``.

    Uploads pass none of the middleware in ``app``, which reads bodies ahead. Pictures pass
    ``pictures``, the middleware without the limit of other bodies.
    """

    def __init__(self, app: AsgiApp, django_application: AsgiApp, pictures: AsgiApp) -> None:
        self._app = app
        self._pictures = BodyLimit(
            UploadLimit(pictures),
            settings.PICTURE_MAX_BYTES + OVERHEAD_BYTES,
            error=PictureTooLargeError,
            streams=True,
        )
        self._uploads = BodyLimit(
            UploadLimit(django_application),
            settings.UPLOAD_MAX_BYTES + OVERHEAD_BYTES,
            error=UploadTooLargeError,
            streams=True,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._uploads if is_upload(scope) else self._app
        app = self._pictures if is_picture_upload(scope) else app
        await app(scope, receive, send)


class UploadLimit:
    """ASGI middleware that refuses bodies before they are kept.

    Answers 401 and 403 to clients that may not upload files, 429 when an account or an address
    sends too many at a time, 503 when too many are sent in all. An address has at most half of
    them, because one person can have many accounts, and send slowly.
    """

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self._by_account: Counter[str] = Counter()
        self._by_address: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = client_network(scope)
        try:
            account = await in_database(_account_of, scope)
            self._admit(account, address)
        except (ApiError, DatabaseError) as error:
            headers = {"Allow": "GET, POST, HEAD, OPTIONS"}
            if _waits_for_permission(scope):
                headers["Connection"] = "close"
            else:
                await _discard_body(receive)
            await send_error(scope, send, as_api_error(error), headers)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            for counter, key in ((self._by_account, account), (self._by_address, address)):
                counter[key] -= 1
                if not counter[key]:
                    del counter[key]

    def _admit(self, account: str, address: str) -> None:
        if self._by_account[account] >= PER_ACCOUNT:
            raise TooManyRequestsError(
                f"You may send {PER_ACCOUNT} files at a time.", retry_after_s=RETRY_AFTER_S
            )
        if self._by_address[address] >= max(PER_ACCOUNT, settings.UPLOADS_AT_ONCE // 2):
            raise TooManyRequestsError(
                "Too many files are sent from your network at a time.", retry_after_s=RETRY_AFTER_S
            )
        if self._by_account.total() >= settings.UPLOADS_AT_ONCE:
            raise ServerUnavailableError(retry_after_s=RETRY_AFTER_S)
        self._by_account[account] += 1
        self._by_address[address] += 1


def _account_of(scope: Scope) -> str:
    """Return the id of the account that sends a request; one query.

    :raises ApiError: as the view would.
    """
    is_page = scope["path"].startswith("/manage/")
    actor = find_page_actor(scope) if is_page else _bearer_of(scope)
    return str(actor.account_id())


def _bearer_of(scope: Scope) -> Actor:
    headers = [value for name, value in scope["headers"] if name == b"authorization"]
    return check_access(read_header(headers[0].decode("latin-1"))) if headers else visitor()


def _waits_for_permission(scope: Scope) -> bool:
    """Whether the client sends the body only after ``100 Continue``."""
    return (b"expect", b"100-continue") in scope["headers"]


async def _discard_body(receive: Receive) -> None:
    """Read the body, since many clients look for a response only after they have sent it."""
    while (message := await receive())["type"] == "http.request" and message.get("more_body"):
        pass
