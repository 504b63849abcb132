"""Errors about files with rows, which jobs fail with."""

from http import HTTPStatus

from apikit.errors import ApiError


class FileUnreadableError(ApiError):
    """The file as a whole cannot be read: unknown format or encoding, broken, or too large."""

    http_status = HTTPStatus.BAD_REQUEST
    code = "file.unreadable"
    message = "The file cannot be read."


class InvalidRowsError(ApiError):
    """Some rows of the file are invalid, so that nothing was done."""

    http_status = HTTPStatus.BAD_REQUEST
    code = "file.invalid_rows"
    message = "Some rows are invalid. Run the job with dryRun to list them."
