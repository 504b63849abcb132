"""Validation errors of commands, as sentences for people."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from apikit.errors import IDEMPOTENCY_HEADER, FieldError
from apikit.exception_handler import spell_as_sent

# Bounds of a reply: the number of errors, and the length of a field name.
MAX_ERRORS = 20
MAX_NAME_CHARS = 100

_SENTENCES = {
    "missing": "This field is required.",
    "too_long": "At most {max_length} items are allowed.",
    "string_too_long": "At most {max_length} characters are allowed.",
    "greater_than_equal": "At least {ge} is needed.",
    "greater_than": "Must be more than {gt}.",
    "less_than": "Must be less than {lt}.",
    "less_than_equal": "At most {le} is allowed.",
    "enum": "Must be one of {expected}.",
    "literal_error": "Must be one of {expected}.",
}
# By the part before the underscore, as in uuid_parsing and uuid_type.
_KINDS = {
    "bool": "Must be true or false.",
    "dataclass": "Must be an object.",
    "date": "Must be a day such as 2030-05-06.",
    "datetime": "Must be a time in ISO 8601, such as 2030-05-06T14:00:00Z.",
    "dict": "Must be an object.",
    "finite": "Must be a number.",
    "float": "Must be a number.",
    "int": "Must be a whole number.",
    "list": "Must be a list.",
    "string": "Must be a string.",
    "timezone": "Must have a time zone, such as Z.",
    "tuple": "Must be a list.",
    "uuid": "Must be a UUID as text, with dashes.",
}


def explain(error: ValidationError, sent: Mapping[str, Any]) -> list[FieldError]:
    """Converts the first ``MAX_ERRORS`` errors of the fields in ``sent``."""
    details = error.errors(include_url=False, include_input=False)
    return [_explain(each, sent) for each in islice(details, MAX_ERRORS)]


def name_as_sent(errors: Iterable[FieldError], sent: Mapping[str, Any]) -> tuple[FieldError, ...]:
    """Spells fields as the client did: in snake_case, and ``key`` for what REST has as a header."""
    own = (
        replace(each, field="key") if each.field == IDEMPOTENCY_HEADER else each for each in errors
    )
    return tuple(spell_as_sent(own, sent))


def _explain(details: ErrorDetails, sent: Mapping[str, Any]) -> FieldError:
    field = ".".join(str(step) for step in details["loc"])
    if len(field) > MAX_NAME_CHARS:
        field = field[:MAX_NAME_CHARS] + "…"
    return FieldError(field, _sentence(details, sent))


def _sentence(details: ErrorDetails, sent: Mapping[str, Any]) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if kind in {"unexpected_keyword_argument", "extra_forbidden"}:
        name = str(details["loc"][-1])
        is_twice = name != to_camel(name) and to_camel(name) in sent
        return (
            "This field was sent twice, under two spellings."
            if is_twice
            else "There is no such field."
        )
    if kind in {"too_short", "string_too_short"}:
        count, noun = context["min_length"], "item" if kind == "too_short" else "character"
        return f"At least {count} {noun}{' is' if count == 1 else 's are'} needed."
    if kind == "value_error":
        return f"Must be {context['error']}."
    if kind in _SENTENCES:
        return _SENTENCES[kind].format(**context)
    return _KINDS.get(kind.partition("_")[0], "This value is not valid.")
