"""The wire format of REST and sockets: frozen dataclasses.

Output is camelCase; input is camelCase or snake_case, and unknown keys are refused. Pydantic reads,
writes and describes them.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar
from uuid import UUID

import pydantic_core
from pydantic import BeforeValidator, ConfigDict, TypeAdapter, WithJsonSchema
from pydantic.alias_generators import to_camel


class Wire:
    """Base class of the wire dataclasses."""

    __slots__ = ()
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        extra="forbid",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(Wire):
    """A response that only confirms the request."""

    message: str


_adapters: dict[type, TypeAdapter[Any]] = {}


def adapter_of(wire_class: type) -> TypeAdapter[Any]:
    """Return the type adapter of ``wire_class``, created once."""
    adapter = _adapters.get(wire_class)
    if adapter is None:
        adapter = _adapters[wire_class] = TypeAdapter(wire_class)
    return adapter


def to_wire(value: Wire, *, by_alias: bool = True) -> dict[str, Any]:
    """Return ``value`` as JSON values; without ``by_alias`` keys are in snake_case."""
    fields: dict[str, Any] = adapter_of(type(value)).dump_python(
        value, by_alias=by_alias, mode="json"
    )
    return fields


def encode(body: dict[str, Any] | list[Any]) -> str:
    """Return ``body`` as compact JSON text."""
    return pydantic_core.to_json(body).decode()


def encode_wire(value: Wire) -> bytes:
    """Return ``value`` as compact JSON in UTF-8, the same bytes as DRF's for :func:`to_wire`."""
    return adapter_of(type(value)).dump_json(value, by_alias=True)


def _check_id(value: Any) -> Any:
    if isinstance(value, UUID) or (isinstance(value, str) and len(value) == 36):
        return value
    raise ValueError("a UUID as text, with dashes")


# Pydantic alone would accept a UUID in braces, as a URN, or without dashes.
Id = Annotated[
    UUID, BeforeValidator(_check_id), WithJsonSchema({"type": "string", "format": "uuid"})
]
