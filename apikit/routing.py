"""The URL converter for ids."""

from uuid import UUID

from django.urls import register_converter
from django.urls.converters import StringConverter

# Never the id of an object: ids are UUIDv7.
NO_ID = UUID(int=0)


class IdConverter(StringConverter):
    """``<id:...>``: a UUID with dashes. Any other text becomes NO_ID.

    So ``/polls/1`` is 404 with the code of a missing poll, not of an unknown route.
    """

    def to_python(self, value: str) -> UUID:  # type: ignore[override]
        try:
            return UUID(value) if len(value) == 36 else NO_ID
        except ValueError:
            return NO_ID

    def to_url(self, value: object) -> str:
        return str(value)


register_converter(IdConverter, "id")
