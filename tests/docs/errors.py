"""The whole family of errors, for what documents say of it."""

from collections.abc import Iterator

from apikit.errors import ApiError
from polling_site import urls  # noqa: F401 - brings in every app's


def all_errors() -> list[type[ApiError]]:
    """Every error that declares a code, by its code; others only have a message of their own."""
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
