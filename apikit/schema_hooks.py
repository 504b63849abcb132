"""Completes the OpenAPI document after drf-spectacular has generated it."""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

# Meant for drf-spectacular's enum hook, which is not used.
_ENUM_MARK = "x-spec-enum-id"


def finish_document(result: Json, **context: Any) -> Json:
    """A drf-spectacular postprocessing hook: everything its decorators cannot express."""
    components = result["components"]
    for operation in _operations(result):
        _finish_request(operation, components["schemas"])
        for status, response in operation["responses"].items():
            for content in response["content"].values():
                _name_examples(content)
                if int(status) >= 400:
                    _list_codes(response, content)
    for schema in components["schemas"].values():
        for field_schema in schema.get("properties", {}).values():
            field_schema.pop(_ENUM_MARK, None)
    components["responses"] = _share_error_responses(result)
    return result


def _operations(document: Json) -> Iterator[Json]:
    for methods in document["paths"].values():
        yield from methods.values()


def _finish_request(operation: Json, schemas: Json) -> None:
    if operation["security"] == [{}]:
        # Both mean that no token is needed, but client generators ask for one unless it is empty;
        # drf-spectacular, given an empty list, leaves the key out.
        operation["security"] = []
    body = operation.get("requestBody", {})
    for content in body.get("content", {}).values():
        _name_examples(content)
        if _is_required(content["schema"], schemas):
            body["required"] = True
    for parameter in operation.get("parameters", []):
        parameter["schema"].pop(_ENUM_MARK, None)


def _name_examples(content: Json) -> None:
    """Keys examples by their summary, which is the error code in error responses."""
    content["examples"] = {
        each.get("summary", name): each for name, each in content.get("examples", {}).items()
    }


def _list_codes(response: Json, content: Json) -> None:
    """Lists the error codes in `x-codes`.

    An enum beside `ErrorBody` would make every response a schema of its own, and generated clients
    would consist of hundreds of classes.
    """
    values = [each["value"] for each in content["examples"].values()]
    codes = [value["code"] for value in values if "code" in value]
    if codes:
        response["x-codes"] = codes


def _is_required(schema: Json, schemas: Json) -> bool:
    """Whether a request without this body is refused, because one of its fields is required."""
    named = schemas.get(schema.get("$ref", "").rpartition("/")[2], schema)
    return bool(named.get("required") or named.get("minProperties"))


def _share_error_responses(document: Json) -> Json:
    """Replaces error responses that several operations share by references to components.

    Returns the components by name. A name is made of the error codes, such as `PollNotFound`.
    """
    uses: dict[str, list[tuple[Json, str]]] = defaultdict(list)
    for operation in _operations(document):
        for status, response in operation["responses"].items():
            if "x-codes" in response:
                uses[json.dumps(response, sort_keys=True)].append((operation["responses"], status))
    components: Json = {}
    for places in uses.values():
        responses, status = places[0]
        name = _component_name(responses[status]["x-codes"])
        if len(places) == 1 or name in components:
            continue
        components[name] = responses[status]
        for other, other_status in places:
            other[other_status] = {"$ref": f"#/components/responses/{name}"}
    return dict(sorted(components.items()))


def _component_name(codes: list[str]) -> str:
    names = [code.replace(".", "_").replace("_", " ").title().replace(" ", "") for code in codes]
    return "Or".join(names)
