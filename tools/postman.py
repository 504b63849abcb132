"""``make postman``: generates the Postman collection from the OpenAPI document.

The collection has one request per operation, with the document's example as its body. The requests
can run from top to bottom in Postman's collection runner or in newman: each checks its response's
status, and stores values that later requests need, such as tokens and ids, in variables.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import django

from tools.postman_steps import INITIAL, STEPS, VARIABLES, Step

Json = dict[str, Any]

PATH = Path(__file__).resolve().parent.parent / "docs" / "tallyroom.postman_collection.json"
_JSON = "application/json"
SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polling_site.settings")
    django.setup()
    from polling_site.views import openapi_document

    PATH.write_text(encode_collection(openapi_document()))
    print(f"Wrote {PATH.relative_to(PATH.parent.parent)}.")


def encode_collection(document: Json) -> str:
    """Returns the content of the collection file."""
    return json.dumps(make_collection(document), indent=2, ensure_ascii=False) + "\n"


def make_collection(document: Json) -> Json:
    """Returns a Postman collection (format 2.1) of the operations in ``document``.

    :raises KeyError: if an operation has no step.
    """
    operations = sorted(_operations(document), key=lambda each: list(STEPS).index(each.name))
    folders = [
        {
            "name": tag["name"],
            "description": tag["description"],
            "item": [_item(each) for each in operations if each.described["tags"] == [tag["name"]]],
        }
        for tag in document["tags"]
    ]
    saved = {name: "" for step in STEPS.values() for name in step.saves}
    return {
        "info": {
            "_postman_id": _stable_id("collection"),
            "name": document["info"]["title"],
            "description": document["info"]["description"],
            "schema": SCHEMA,
        },
        "auth": {
            "type": "bearer",
            "bearer": [{"key": "token", "value": "{{accessToken}}", "type": "string"}],
        },
        "variable": [{"key": key, "value": value} for key, value in (INITIAL | saved).items()],
        "item": folders,
    }


@dataclass(frozen=True, slots=True)
class _Operation:
    method: str
    path: str
    described: Json

    @property
    def name(self) -> str:
        return str(self.described["operationId"])

    @property
    def step(self) -> Step:
        return STEPS[self.name]

    def value(self, name: str, default: Any) -> Any:
        """Returns the variable for a field or parameter of this name, or the default."""
        variable = VARIABLES.get(name)
        if variable is None:
            return default
        return f"{{{{{self.step.instead.get(variable, variable)}}}}}"


def _operations(document: Json) -> Iterator[_Operation]:
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            yield _Operation(method.upper(), path, described)


def _item(operation: _Operation) -> Json:
    described = operation.described
    request: Json = {
        "method": operation.method,
        "description": described["description"],
        "header": _headers(operation),
        "url": _url(operation),
    }
    if described["security"] == []:
        request["auth"] = {"type": "noauth"}
    if "requestBody" in described:
        request["body"] = _body(operation)
    return {
        "id": _stable_id(operation.name),
        "name": described["summary"],
        "request": request,
        "event": [
            {"listen": "test", "script": {"type": "text/javascript", "exec": _test(operation)}}
        ],
        "response": [],
    }


def _headers(operation: _Operation) -> list[Json]:
    headers: list[Json] = []
    if "requestBody" in operation.described:
        media_type = operation.step.media_type if operation.step.file else _JSON
        headers.append({"key": "Content-Type", "value": media_type})
    for parameter in operation.described.get("parameters", []):
        if parameter["in"] == "header":
            value = "{{$guid}}" if parameter["name"] == "Idempotency-Key" else ""
            headers.append(_optional(parameter, value))
    return headers


def _url(operation: _Operation) -> Json:
    def fill_in(match: re.Match[str]) -> str:
        return str(operation.value(match[1], match[0]))

    path = re.sub(r"\{(\w+)\}", fill_in, operation.path)
    query = []
    for parameter in operation.described.get("parameters", []):
        if parameter["in"] == "query":
            schema = parameter["schema"]
            example = schema.get("default", (schema.get("enum") or [""])[0])
            query.append(_optional(parameter, operation.value(parameter["name"], str(example))))
    enabled = "&".join(f"{each['key']}={each['value']}" for each in query if not each["disabled"])
    return {
        "raw": "{{baseUrl}}" + path + (f"?{enabled}" if enabled else ""),
        "host": ["{{baseUrl}}"],
        "path": path.strip("/").split("/"),
        "query": query,
    }


def _optional(parameter: Json, value: str) -> Json:
    """Returns a request parameter, disabled unless it is required."""
    return {
        "key": parameter["name"],
        "value": value,
        "description": parameter.get("description", ""),
        "disabled": not parameter.get("required", False),
    }


def _body(operation: _Operation) -> Json:
    if operation.step.file:
        return {"mode": "raw", "raw": operation.step.file}
    content = operation.described["requestBody"]["content"][_JSON]
    example: Json = next(iter(content["examples"].values()))["value"]
    filled = {name: operation.value(name, value) for name, value in example.items()}
    body = filled | dict(operation.step.body)
    body = {name: value for name, value in body.items() if value is not None}
    return {
        "mode": "raw",
        "raw": json.dumps(body, indent=2),
        "options": {"raw": {"language": "json"}},
    }


def _test(operation: _Operation) -> list[str]:
    """Returns the lines of the script that runs after the response."""
    step = operation.step
    status = step.status or int(next(iter(operation.described["responses"])))
    phrase = f"{status} {HTTPStatus(status).phrase}"
    expected = f"pm.response.to.have.status({status})"
    if step.or_status:
        phrase += f" or {step.or_status} {HTTPStatus(step.or_status).phrase}"
        expected = f"pm.expect(pm.response.code).to.be.oneOf([{status}, {step.or_status}])"
    lines = [f'pm.test("{phrase}", () => {expected});']
    if step.saves:
        lines.append("const body = pm.response.json();")
    lines += [
        f'pm.collectionVariables.set("{name}", {expression});'
        for name, expression in step.saves.items()
    ]
    return lines


def _stable_id(name: str) -> str:
    """Returns a stable id, so that importing a new version replaces the old one."""
    return str(uuid5(NAMESPACE_URL, f"https://tallyroom.example/postman/{name}"))


if __name__ == "__main__":
    main()
