"""All error classes, for tests of the documentation."""

from collections.abc import Iterator

from apikit.errors import ApiError
from polling_site import urls  # noqa: F401 - imports the errors of all apps


def all_errors() -> list[type[ApiError]]:
    """Returns the error classes that declare a code, sorted by it; subclasses may share it."""
    ours = {
        each
        for each in _descendants(ApiError)
        if "code" in vars(each) and not each.__module__.startswith("tests.")
    }
    return sorted(ours, key=lambda error: error.code)


def _descendants(error: type[ApiError]) -> Iterator[type[ApiError]]:
    for child in error.__subclasses__():
        yield child
        yield from _descendants(child)
