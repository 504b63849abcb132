"""Holding what travels against what the documents say of it."""

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

Json = dict[str, Any]


def problems(document: Json, schema: Mapping[str, Any], value: Any) -> list[str]:
    """What is wrong with ``value`` by a schema that refers to the document's components."""
    validator = Draft202012Validator(
        {**schema, "components": document["components"]},
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]
