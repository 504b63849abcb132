"""Results of jobs: JSON values in the row, or a file in chunks."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from apikit.wire import Wire, to_wire
from jobs.errors import ResultTooLargeError
from jobs.models import CHUNK_BYTES, Job, JobFile, JobFileChunk

# Larger results are files.
JSON_MAX_BYTES = 256 * 1024
FILE_MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileResult:
    """A file to download: its name with extension, and an open file with its content.

    The content is read from its beginning, a chunk at a time.
    """

    name: str
    media_type: str
    content: BinaryIO


Result = None | Wire | dict[str, Any] | FileResult


def json_result(result: Result) -> dict[str, Any] | None:
    """Return what the job's row stores.

    :raises ResultTooLargeError: above ``JSON_MAX_BYTES``.
    """
    if result is None or isinstance(result, FileResult):
        return None
    values: dict[str, Any] = storable(to_wire(result) if isinstance(result, Wire) else result)
    if len(json.dumps(values)) > JSON_MAX_BYTES:
        raise ResultTooLargeError
    return values


def storable(value: Any) -> Any:
    """Replace what PostgreSQL cannot store as JSON: NUL, unpaired surrogates, NaN and infinity."""
    if isinstance(value, str):
        paired = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return paired.replace("\0", "\ufffd")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {storable(key): storable(each) for key, each in value.items()}
    return [storable(each) for each in value] if isinstance(value, list | tuple) else value


def store_file(job: Job, result: FileResult) -> None:
    """Store a file, in place of one of an earlier attempt.

    :raises ResultTooLargeError: above ``FILE_MAX_BYTES``.
    """
    size_bytes = result.content.seek(0, 2)
    if size_bytes > FILE_MAX_BYTES:
        raise ResultTooLargeError
    result.content.seek(0)
    JobFile.objects.filter(job=job).delete()
    file = JobFile.objects.create(
        job=job, name=result.name, media_type=result.media_type, size_bytes=size_bytes
    )
    position = 0
    while content := result.content.read(CHUNK_BYTES):
        JobFileChunk.objects.create(file=file, position=position, content=content)
        position += 1


def chunk_count(file: JobFile) -> int:
    return -(-file.size_bytes // CHUNK_BYTES)


def read_chunk(file: JobFile, position: int) -> bytes:
    """Return a chunk of a file; empty if it was deleted meanwhile."""
    chunk = JobFileChunk.objects.filter(file=file, position=position).first()
    return b"" if chunk is None else bytes(chunk.content)


def read_file(file: JobFile) -> Iterator[bytes]:
    """Yield the content of a file; one query for each chunk, so that memory stays flat."""
    for position in range(chunk_count(file)):
        yield read_chunk(file, position)
