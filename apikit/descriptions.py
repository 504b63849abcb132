"""JSON Schema of the wire dataclasses, for the OpenAPI and AsyncAPI documents."""

import re
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.alias_generators import to_camel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import WithDefaultSchema

from apikit.errors import ApiError

JsonSchema = dict[str, Any]

# Where both documents keep the schemas they refer to.
_REFERENCE = "#/components/schemas/{prefix}{{model}}"
_QUOTED = re.compile(r"``(\w+)``")


class _PlainFields(GenerateJsonSchema):
    """Leaves out titles that repeat the field's name, and defaults of response fields.

    Generated clients take a field with a default for one that is always present.
    """

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: WithDefaultSchema) -> JsonSchema:
        if self.mode == "serialization":
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)


@dataclass(frozen=True, slots=True)
class Description:
    """A schema, and the ``parts`` that it refers to, by name."""

    schema: JsonSchema
    parts: dict[str, JsonSchema]

    def beside(self, **properties: JsonSchema) -> "Description":
        """Return a description with further required properties before its own."""
        own, required = self.schema.get("properties", {}), self.schema.get("required", ())
        schema = {
            **self.schema,
            "properties": properties | own,
            "required": [*properties, *required],
        }
        return Description(schema, self.parts)


def describe(
    adapter: TypeAdapter[Any],
    *,
    mode: Literal["validation", "serialization"] = "serialization",
    by_alias: bool = True,
    prefix: str = "",
) -> Description:
    """Return the schema of what ``adapter`` reads or writes.

    ``prefix`` distinguishes the names of parts described with and without ``by_alias``.
    """
    schema = adapter.json_schema(
        by_alias=by_alias,
        ref_template=_REFERENCE.format(prefix=prefix),
        schema_generator=_PlainFields,
        mode=mode,
    )
    schema = _in_markdown(schema, by_alias=by_alias)
    parts = schema.pop("$defs", {})
    return Description(schema, {f"{prefix}{name}": part for name, part in parts.items()})


def as_markdown(docstring: str, *, by_alias: bool = True) -> str:
    """Convert a docstring to Markdown with field names in camelCase."""

    def quote(match: re.Match[str]) -> str:
        return f"`{to_camel(match[1]) if by_alias else match[1]}`"

    return _QUOTED.sub(quote, docstring).replace("``", "`")


def list_refusals(*refusals: type[ApiError]) -> str:
    """Return a Markdown list of error codes with their messages."""
    by_code = {each.code: each.message for each in refusals}
    return "\n".join(f"- `{code}`: {message}" for code, message in by_code.items())


def _in_markdown(value: Any, *, by_alias: bool) -> Any:
    if isinstance(value, list):
        return [_in_markdown(each, by_alias=by_alias) for each in value]
    if not isinstance(value, dict):
        return value
    translated = {key: _in_markdown(each, by_alias=by_alias) for key, each in value.items()}
    if isinstance(translated.get("description"), str):
        translated["description"] = as_markdown(translated["description"], by_alias=by_alias)
    return translated
