"""Responses with the file that a job produced."""

from collections.abc import AsyncIterator

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from jobs.models import JobFile
from jobs.results import chunk_count, read_chunk, read_file
from realtime.database import in_database


def download_file(file: JobFile) -> StreamingHttpResponse:
    """Return a response that browsers save and never render, sent a chunk at a time."""
    return _Download(file)


class _Download(StreamingHttpResponse):
    def __init__(self, file: JobFile) -> None:
        disposition = content_disposition_header(as_attachment=True, filename=file.name)
        super().__init__(
            read_file(file),
            headers={
                "Content-Type": file.media_type,
                "Content-Length": str(file.size_bytes),
                "Content-Disposition": disposition,
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "private, no-store",
            },
        )
        self._file = file

    async def __aiter__(self) -> AsyncIterator[bytes]:
        # Under ASGI, Django would read the whole file before it sends any of it.
        for position in range(chunk_count(self._file)):
            yield await in_database(read_chunk, self._file, position)
