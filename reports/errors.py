"""Errors about archives of workspaces."""

from http import HTTPStatus

from apikit.errors import ApiError, ValidationFailedError


class ArchiveInvalidError(ApiError):
    """An archive cannot be imported; the message names the file, the line and the problem."""

    http_status = HTTPStatus.BAD_REQUEST
    code = "archive.invalid"
    message = "The archive is invalid."

    @classmethod
    def at(cls, place: str, problem: str) -> "ArchiveInvalidError":
        """Return the error of a place, such as ``content.jsonl, line 3``."""
        return cls(f"{place}: {problem}")

    @classmethod
    def of(cls, place: str, error: ValidationFailedError) -> "ArchiveInvalidError":
        """Return the error of a place that breaks a rule of the API."""
        return cls.at(place, " ".join(f"{each.field}: {each.message}" for each in error.errors))
