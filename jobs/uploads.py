"""Files that jobs read: stored in chunks, for a day, readable by their owner's jobs only."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apikit.actors import Actor
from apikit.pruning import Batch, delete_batch, pruner
from jobs.errors import UploadNotFoundError, UploadTooLargeError
from jobs.models import CHUNK_BYTES, Upload, UploadChunk

KEPT_FOR = timedelta(days=1)
# Larger files are copied to the disk while a job reads them.
IN_MEMORY_BYTES = 1024 * 1024


def store_upload(*, actor: Actor, name: str, media_type: str, pieces: Iterable[bytes]) -> Upload:
    """Store a file from pieces of any size, in one transaction; memory stays flat.

    :raises UploadTooLargeError: above ``UPLOAD_MAX_BYTES``.
    """
    owner_id = actor.account_id()
    size_bytes = 0
    with transaction.atomic():
        upload = Upload.objects.create(
            owner_id=owner_id,
            name=name,
            media_type=media_type,
            size_bytes=0,
            created_at=timezone.now(),
        )
        for position, content in enumerate(_chunks(pieces)):
            size_bytes += len(content)
            if size_bytes > settings.UPLOAD_MAX_BYTES:
                raise UploadTooLargeError
            UploadChunk.objects.create(upload=upload, position=position, content=content)
        upload.size_bytes = size_bytes
        upload.save(update_fields=["size_bytes"])
    return upload


def get_upload_for(actor: Actor, upload_id: UUID) -> Upload:
    """Return an upload of the actor, for a task's ``authorize`` and handler.

    :raises UploadNotFoundError: for missing, expired, and other people's uploads.
    """
    upload = Upload.objects.filter(
        id=upload_id, owner_id=actor.account_id(), created_at__gte=timezone.now() - KEPT_FOR
    ).first()
    if upload is None:
        raise UploadNotFoundError
    return upload


@contextmanager
def opened(upload: Upload) -> Iterator[BinaryIO]:
    """Open the content of an upload, from its beginning and seekable."""
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as file:
        for position in range(-(-upload.size_bytes // CHUNK_BYTES)):
            chunk = UploadChunk.objects.get(upload=upload, position=position)
            file.write(bytes(chunk.content))
        file.seek(0)
        yield file  # type: ignore[misc]


@pruner("uploads", every=timedelta(hours=1))
def prune_uploads(_position: str) -> Batch:
    """Delete one batch of expired uploads."""
    old = Upload.objects.filter(created_at__lt=timezone.now() - KEPT_FOR)
    return delete_batch(old.order_by("created_at"))


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
