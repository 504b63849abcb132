"""Wire format of uploaded files."""

from dataclasses import dataclass
from datetime import datetime

from apikit.pagination import Pagination
from apikit.wire import Id, Wire
from jobs.models import Upload
from jobs.uploads import expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadView(Wire):
    """A file for jobs to read, until ``expires_at``."""

    id: Id
    name: str
    media_type: str
    size_bytes: int
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadList(Wire):
    uploads: list[UploadView]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUpload(Wire):
    message: str
    upload: UploadView


def view_upload(upload: Upload) -> UploadView:
    """Return an upload as clients see it."""
    return UploadView(
        id=upload.id,
        name=upload.name,
        media_type=upload.media_type,
        size_bytes=upload.size_bytes,
        created_at=upload.created_at,
        expires_at=expires_at(upload),
    )
