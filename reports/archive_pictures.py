"""Pictures in archives: collected while lines are written, and encoded again before an import."""

from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from typing import BinaryIO
from uuid import UUID
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from jobs.errors import ResultTooLargeError
from jobs.results import FILE_MAX_BYTES
from polls.errors import PictureInvalidError, PictureTooLargeError
from polls.models import PictureContent
from polls.picture_encoding import MAX_EDGE, EncodedPicture, encode_picture
from reports.archive_format import MAX_PICTURES, picture_file
from reports.archive_reading import Archive
from reports.errors import ArchiveInvalidError

# Archives have pictures as we have encoded them.
MAX_PIXELS = MAX_EDGE * MAX_EDGE
# The modification time of the files, so that equal pictures are equal files.
_MODIFIED = (1980, 1, 1, 0, 0, 0)


class CollectedPictures:
    """Copies of the pictures that lines name, in a temporary file until the lines are written.

    A ZIP is written one file after another, and a picture can be deleted meanwhile. In memory are
    the names of the pictures only.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._names: dict[UUID, str | None] = {}
        # In the order of the file, with their sizes in bytes.
        self._sizes: dict[str, int] = {}

    def collect(self, picture_id: UUID | None) -> str | None:
        """Return the name of a picture after copying it; None if it was deleted meanwhile.

        :raises ResultTooLargeError: for more pictures than an archive can have.
        """
        if picture_id is None:
            return None
        if picture_id not in self._names:
            content = PictureContent.objects.filter(picture_id=picture_id).first()
            self._names[picture_id] = None if content is None else self._add(bytes(content.webp))
        return self._names[picture_id]

    def write(self, archive: ZipFile) -> None:
        """Add the pictures to a ZIP, each once."""
        self._file.seek(0)
        for name, size in self._sizes.items():
            # Stored, because WebP is compressed already.
            info = ZipInfo(picture_file(name), _MODIFIED)
            archive.writestr(info, self._file.read(size), ZIP_STORED)

    def _add(self, webp: bytes) -> str:
        name = sha256(webp).hexdigest()
        if name not in self._sizes:
            is_too_large = self._file.tell() + len(webp) > FILE_MAX_BYTES
            if is_too_large or len(self._sizes) >= MAX_PICTURES:
                raise ResultTooLargeError(
                    "The pictures are too large to be stored. Export the workspace without them."
                )
            self._file.write(webp)
            self._sizes[name] = len(webp)
        return name


class CheckedPictures:
    """The pictures of an archive, encoded again as those that people upload, in a temporary file.

    So whatever the files of an archive are, what is imported was written by our encoder.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        # Where each begins, its size in bytes, its width and height.
        self._places: dict[str, tuple[int, int, int, int]] = {}

    def add_all(self, archive: Archive, progress: Callable[[float], None]) -> None:
        """Encode all pictures of an archive; ``progress`` gets the share that is done.

        :raises ArchiveInvalidError: at the first one that is no picture, or too large.
        """
        for number, name in enumerate(sorted(archive.pictures)):
            progress(number / len(archive.pictures))
            picture = _encode(name, archive.read_picture(name))
            place = self._file.tell(), len(picture.webp), picture.width, picture.height
            self._file.write(picture.webp)
            self._places[name] = place

    def read(self, name: str) -> EncodedPicture:
        """Return a picture that was added."""
        start, size, width, height = self._places[name]
        self._file.seek(start)
        return EncodedPicture(self._file.read(size), width, height)


def _encode(name: str, content: bytes) -> EncodedPicture:
    place = picture_file(name)
    try:
        return encode_picture(BytesIO(content), max_pixels=MAX_PIXELS)
    except PictureInvalidError as error:
        raise ArchiveInvalidError.at(place, "It is no picture that can be read.") from error
    except PictureTooLargeError as error:
        problem = f"It has more than {MAX_EDGE} × {MAX_EDGE} pixels."
        raise ArchiveInvalidError.at(place, problem) from error
