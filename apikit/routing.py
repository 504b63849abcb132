"""How ids stand in addresses."""

from uuid import UUID

from django.urls import register_converter
from django.urls.converters import StringConverter

# Belongs to nothing: ids are made by ``apikit.ids``.
NO_ID = UUID(int=0)


class IdConverter(StringConverter):
    """``<id:...>``: a UUID with its dashes; what is none is the id of something that is missing.

    So ``/polls/1`` is refused with the code of a missing poll, not as an unknown route.
    """

    def to_python(self, value: str) -> UUID:  # type: ignore[override]
        try:
            return UUID(value) if len(value) == 36 else NO_ID
        except ValueError:
            return NO_ID

    def to_url(self, value: object) -> str:
        return str(value)


register_converter(IdConverter, "id")
