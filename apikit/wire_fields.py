"""Fields of requests that hold an object of the shape of a wire dataclass."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from rest_framework import serializers

from apikit.descriptions import describe
from apikit.wire import Wire, adapter_of

# Of the names of components: what is sent may leave out fields that responses always have.
_PREFIX = "New"


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
        name = f"{_PREFIX}{shape.__name__}"
        description = describe(adapter_of(shape), mode="validation", prefix=_PREFIX)
        for each, schema in {name: description.schema, **description.parts}.items():
            auto_schema.registry.register_on_missing(
                ResolvedComponent(
                    name=each,
                    type=ResolvedComponent.SCHEMA,
                    object=each,
                    # Some generators name classes after titles.
                    schema={**schema, "title": each},
                )
            )
        return {"$ref": f"#/components/schemas/{name}"}
