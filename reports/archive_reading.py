"""Reads archives of workspaces: strictly, in flat memory, and never more than the bounds."""

import io
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from pydantic import TypeAdapter, ValidationError

from apikit.wire import adapter_of
from polls.picture_encoding import MAX_STORED_BYTES
from realtime.field_errors import explain
from reports.archive_format import (
    CONTENT,
    LINE_MAX_BYTES,
    MANIFEST,
    MAX_PICTURES,
    PICTURES,
    TOTAL_MAX_BYTES,
    Line,
    Manifest,
    line_adapter,
    picture_file,
)
from reports.errors import ArchiveInvalidError

# The end of a ZIP without a comment, and what precedes it in a ZIP64.
_END_BYTES, _END = 22, b"PK\x05\x06"
_LOCATOR_BYTES, _LOCATOR = 20, b"PK\x06\x07"
# The list of files is read as a whole; that of a picture takes 124 bytes.
_LIST_MAX_BYTES = 4096 + 160 * MAX_PICTURES
_PICTURE = re.compile(rf"{PICTURES}/([0-9a-f]{{64}})\.webp")
_ENCRYPTED = 0x1
# What zipfile and zlib raise for files that are damaged or made up.
_BROKEN = (BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OSError, ValueError)


class Archive:
    """An open archive. ``read_bytes`` is how much of its lines has been read, unpacked.

    ``pictures`` are the names of its pictures, by which lines refer to them.
    """

    def __init__(self, archive: ZipFile, pictures: frozenset[str]) -> None:
        self._archive = archive
        self.pictures = pictures
        self.read_bytes = 0
        self.manifest = self._read_manifest()

    @property
    def size_bytes(self) -> int:
        """The unpacked size of all lines, according to the archive; for progress only."""
        return max(1, self._archive.getinfo(CONTENT).file_size)

    def read_lines(self) -> Iterator[tuple[str, Line]]:
        """Yield the lines with their places, for errors.

        :raises ArchiveInvalidError: at the first line that is invalid by itself.
        """
        self.read_bytes = number = 0
        with _as_archive_error(CONTENT), self._archive.open(CONTENT) as member:
            lines = io.BufferedReader(member)  # type: ignore[type-var]
            while line := lines.readline(LINE_MAX_BYTES + 1):
                number += 1
                place = f"{CONTENT}, line {number}"
                self.read_bytes += len(line)
                if len(line) > LINE_MAX_BYTES:
                    raise ArchiveInvalidError.at(place, "The line is too long.")
                if self.read_bytes > TOTAL_MAX_BYTES:
                    raise ArchiveInvalidError.at(place, "The file is too large.")
                yield place, _parse(line_adapter(), line, place)

    def read_picture(self, name: str) -> bytes:
        """Return the file of a picture as it was packed; it may be anything.

        :raises ArchiveInvalidError: if it is too large, or was changed.
        """
        place = picture_file(name)
        with _as_archive_error(place), self._archive.open(place) as member:
            content = member.read(MAX_STORED_BYTES + 1)
        if len(content) > MAX_STORED_BYTES:
            raise ArchiveInvalidError.at(place, f"It has more than {MAX_STORED_BYTES:,} bytes.")
        if sha256(content).hexdigest() != name:
            raise ArchiveInvalidError.at(place, "Its name is not its SHA-256.")
        return content

    def _read_manifest(self) -> Manifest:
        with _as_archive_error(MANIFEST), self._archive.open(MANIFEST) as member:
            content = member.read(LINE_MAX_BYTES + 1)
        if len(content) > LINE_MAX_BYTES:
            raise ArchiveInvalidError.at(MANIFEST, "The file is too large.")
        manifest: Manifest = _parse(adapter_of(Manifest), content, MANIFEST)
        return manifest


@contextmanager
def opened_archive(file: BinaryIO) -> Iterator[Archive]:
    """Open an archive and read its manifest.

    :raises ArchiveInvalidError: if it is not one.
    """
    _check_list_of_files(file)
    with _as_archive_error("The file"):
        archive = ZipFile(file)
    with archive:
        yield Archive(archive, _check_members(archive.infolist()))


def _check_list_of_files(file: BinaryIO) -> None:
    """Check the size of the list of files before ``zipfile`` reads it into memory."""
    size = file.seek(0, io.SEEK_END)
    if size < _END_BYTES:
        raise ArchiveInvalidError.at("The file", "It is not a ZIP archive.")
    file.seek(max(0, size - _END_BYTES - _LOCATOR_BYTES))
    tail = file.read()
    end, before = tail[-_END_BYTES:], tail[:-_END_BYTES]
    # Signature, numbers of disks and files, size of the list, its place, length of the comment.
    list_bytes = int.from_bytes(end[12:16], "little")
    if not end.startswith(_END) or end[20:22] != b"\0\0":
        raise ArchiveInvalidError.at("The file", "It is not a ZIP archive.")
    if before.startswith(_LOCATOR) or list_bytes > _LIST_MAX_BYTES:
        raise ArchiveInvalidError.at("The file", "It has too many files.")
    file.seek(0)


def _check_members(members: Sequence[ZipInfo]) -> frozenset[str]:
    """Check the names of the files, and how they are packed; return the names of pictures."""
    names = [member.filename for member in members]
    pictures = {found[1] for name in names if (found := _PICTURE.fullmatch(name))}
    expected = {MANIFEST, CONTENT, *map(picture_file, pictures)}
    # Nothing else, nothing twice.
    if set(names) != expected or len(names) != len(expected):
        problem = f"It must have exactly the files {MANIFEST} and {CONTENT}, and pictures."
        raise ArchiveInvalidError.at("The file", problem)
    if len(pictures) > MAX_PICTURES:
        raise ArchiveInvalidError.at("The file", f"It has more than {MAX_PICTURES:,} pictures.")
    for member in members:
        # Other methods unpack without a bound.
        if member.compress_type not in {ZIP_STORED, ZIP_DEFLATED} or member.flag_bits & _ENCRYPTED:
            raise ArchiveInvalidError.at(member.filename, "It must be deflated and not encrypted.")
    return frozenset(pictures)


@contextmanager
def _as_archive_error(place: str) -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise ArchiveInvalidError.at(place, "It is damaged, or not a ZIP archive.") from error


def _parse(adapter: TypeAdapter[Any], content: bytes, place: str) -> Any:
    try:
        return adapter.validate_json(content, strict=True)
    except ValidationError as error:
        raise ArchiveInvalidError.at(place, _explain(error)) from error


def _explain(error: ValidationError) -> str:
    """Return the first problem as a sentence, after the name of its field."""
    first = explain(error, {})[0]
    # A line's type is in the path of its fields, but is no field.
    field = first.field.partition(".")[2] if _is_typed(error) else first.field
    return f"{field}: {first.message}" if field else first.message


def _is_typed(error: ValidationError) -> bool:
    path = error.errors(include_url=False, include_input=False)[0]["loc"]
    return bool(path) and path[0] in {"poll", "ballot", "sample", "decision", "suggestion", "end"}
