"""Files that jobs read: stored in chunks, for a day, readable by their owner's jobs only."""

import ntpath
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import BinaryIO
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from apikit.actors import Actor
from apikit.errors import ValidationFailedError, shortened
from apikit.pruning import Batch, pruner
from apikit.text import has_control_characters, is_invisible, normalized
from jobs.errors import TooManyUploadsError, UploadNotFoundError, UploadTooLargeError
from jobs.models import CHUNK_BYTES, Upload, UploadChunk
from jobs.services import lock_owner

KEPT_FOR = timedelta(days=1)
# An upload of no bytes is incomplete: nobody sees it, and it is deleted if its process was killed.
INCOMPLETE_FOR = timedelta(hours=1)
# Larger files are copied to the disk while a job reads them.
IN_MEMORY_BYTES = 1024 * 1024
NAME_MAX_CHARS = 255
MEDIA_TYPE_MAX_CHARS = 100
DEFAULT_NAME = "upload"
DEFAULT_MEDIA_TYPE = "application/octet-stream"


def store_upload(*, actor: Actor, name: str, media_type: str, pieces: Iterable[bytes]) -> Upload:
    """Store a file from pieces of any size; memory stays flat.

    Each chunk is committed by itself, so that a file of many megabytes does not lock SQLite. The
    upload can be found when it is complete.

    :raises TooManyUploadsError: if the account has ``UPLOADS_PER_OWNER`` of them.
    :raises UploadTooLargeError: above ``UPLOAD_MAX_BYTES``.
    :raises ValidationFailedError: for an empty file.
    """
    upload = _create(actor.account_id(), clean_name(name), clean_media_type(media_type))
    try:
        size_bytes = _store_chunks(upload, pieces)
    except BaseException:
        # Inside of a transaction that has failed, it is gone already.
        with suppress(DatabaseError):
            upload.delete()
        raise
    upload.size_bytes = size_bytes
    upload.save(update_fields=["size_bytes"])
    return upload


def list_uploads_for(actor: Actor) -> QuerySet[Upload]:
    """Return the actor's own uploads, newest first."""
    return Upload.objects.filter(
        owner_id=actor.account_id(), created_at__gte=timezone.now() - KEPT_FOR, size_bytes__gt=0
    ).order_by("-id")


def get_upload_for(actor: Actor, upload_id: UUID) -> Upload:
    """Return an upload of the actor, for a task's ``authorize`` and handler.

    :raises UploadNotFoundError: for missing, expired, and other people's uploads.
    """
    upload = list_uploads_for(actor).filter(id=upload_id).first()
    if upload is None:
        raise UploadNotFoundError
    return upload


def delete_upload(*, actor: Actor, upload_id: UUID) -> None:
    """Delete an upload. A job that has not read it yet fails.

    :raises UploadNotFoundError: see :func:`get_upload_for`.
    """
    get_upload_for(actor, upload_id).delete()


def expires_at(upload: Upload) -> datetime:
    """Return when the upload can no longer be used."""
    return upload.created_at + KEPT_FOR


@contextmanager
def opened(upload: Upload) -> Iterator[BinaryIO]:
    """Open the content of an upload, from its beginning and seekable.

    :raises UploadNotFoundError: if it was deleted meanwhile.
    """
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as file:
        for position in range(-(-upload.size_bytes // CHUNK_BYTES)):
            chunk = UploadChunk.objects.filter(upload=upload, position=position).first()
            if chunk is None:
                raise UploadNotFoundError
            file.write(bytes(chunk.content))
        file.seek(0)
        yield file  # type: ignore[misc]


@pruner("uploads", every=timedelta(hours=1))
def prune_uploads(_position: str) -> Batch:
    """Delete one upload that has expired or is incomplete; it can have a thousand chunks."""
    now = timezone.now()
    expired = Q(created_at__lt=now - KEPT_FOR)
    abandoned = Q(size_bytes=0, created_at__lt=now - INCOMPLETE_FOR)
    upload = Upload.objects.filter(expired | abandoned).order_by("created_at").first()
    if upload is None:
        return Batch(0, None)
    upload.delete()
    return Batch(1, "")


def clean_name(name: str) -> str:
    """Return the last part of a path, without what cannot be shown; "upload" if nothing is left."""
    base = ntpath.basename(name[-4 * NAME_MAX_CHARS :].replace("\\", "/"))
    shown = "".join(each for each in base if not has_control_characters(each))
    shown = normalized(shown)
    return DEFAULT_NAME if is_invisible(shown) else shortened(shown, NAME_MAX_CHARS)


def clean_media_type(media_type: str) -> str:
    """Return a media type without its parameters."""
    main = media_type.partition(";")[0].strip().lower()
    is_plain = main.isascii() and main.isprintable() and "/" in main
    return main if is_plain and len(main) <= MEDIA_TYPE_MAX_CHARS else DEFAULT_MEDIA_TYPE


def _create(owner_id: UUID, name: str, media_type: str) -> Upload:
    now = timezone.now()
    with transaction.atomic():
        lock_owner(owner_id)
        # Including incomplete ones, which are being stored.
        if Upload.objects.filter(owner=owner_id, created_at__gte=now - KEPT_FOR).count() >= (
            settings.UPLOADS_PER_OWNER
        ):
            raise TooManyUploadsError
        return Upload.objects.create(
            owner_id=owner_id, name=name, media_type=media_type, size_bytes=0, created_at=now
        )


def _store_chunks(upload: Upload, pieces: Iterable[bytes]) -> int:
    """Store the content; return its size in bytes."""
    size_bytes = 0
    for position, content in enumerate(_chunks(pieces)):
        size_bytes += len(content)
        if size_bytes > settings.UPLOAD_MAX_BYTES:
            raise UploadTooLargeError
        UploadChunk.objects.create(upload=upload, position=position, content=content)
    if not size_bytes:
        raise ValidationFailedError.of("file", "The file is empty.")
    return size_bytes


def _chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Cut pieces into chunks of ``CHUNK_BYTES``."""
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        while len(buffer) >= CHUNK_BYTES:
            yield bytes(buffer[:CHUNK_BYTES])
            del buffer[:CHUNK_BYTES]
    if buffer:
        yield bytes(buffer)
