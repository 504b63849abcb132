"""Fields of requests that hold an object of the shape of a wire dataclass."""

import json
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from rest_framework import serializers

from apikit.descriptions import JsonSchema, describe
from apikit.wire import Wire, adapter_of

# Of the names of components: what is sent may leave out fields that responses always have.
_PREFIX = "New"
_SCHEMAS = "#/components/schemas/"


class WireField(serializers.Field[Any, Any, Any, Any]):
    """A JSON object; subclasses validate it in ``to_internal_value``."""

    def __init__(self, shape: type[Wire], **options: Any) -> None:
        self.shape = shape
        super().__init__(**options)


class WireFieldExtension(OpenApiSerializerFieldExtension):
    """Describes the object as components of the OpenAPI document."""

    target_class = WireField
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        shape = self.target.shape
        description = describe(adapter_of(shape), mode="validation", prefix=_PREFIX)
        name = f"{_PREFIX}{shape.__name__}"
        for each, schema in _share_enums({name: description.schema, **description.parts}).items():
            auto_schema.registry.register_on_missing(
                ResolvedComponent(
                    name=each,
                    type=ResolvedComponent.SCHEMA,
                    object=each,
                    # Some generators name classes after titles.
                    schema={**schema, "title": each},
                )
            )
        return {"$ref": f"{_SCHEMAS}{name}"}


def _share_enums(parts: dict[str, JsonSchema]) -> dict[str, JsonSchema]:
    """Name enums as responses do, which have the same."""
    text = json.dumps(parts)
    for name, schema in parts.items():
        if "enum" in schema:
            shared = name.removeprefix(_PREFIX)
            text = text.replace(f'"{name}":', f'"{shared}":')
            text = text.replace(f'"{_SCHEMAS}{name}"', f'"{_SCHEMAS}{shared}"')
    shared_parts: dict[str, JsonSchema] = json.loads(text)
    return shared_parts
