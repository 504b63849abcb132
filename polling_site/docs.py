"""What the OpenAPI document says of the site itself, and of addresses that no view describes."""

from typing import Any

Json = dict[str, Any]

_DESCRIPTION = """\
Live polls: someone asks, a room of any size answers, and everybody sees the tally move.

- **Who one is** says the header `Authorization: Bearer <access token>`. `POST /api/auth/guest`
  gives a token for the asking.
- **What goes in and comes out** is JSON. Fields come in camelCase, and are accepted in snake_case
  too; what is not described is refused. Times are ISO 8601 in UTC.
- **Refusals** are `{error, code, message, errors?}`; `code` is for programs, and each answer below
  lists its own.
- **Repeating** a write is safe under an `Idempotency-Key`.
- **Lists** are newest first. They take `page` and `limit`, and tell `totalCount` and `totalPages`.
  To read a list that grows meanwhile, send the `nextCursor` of each response as `cursor` of the
  next request, until it is null: no item comes twice.
- **Addresses** answer under `/api/v1` too, and with a slash at the end.
- **Watching** a tally move takes a socket: `/api/asyncapi.json` describes it.

Every answer has an `X-Request-Id`, under which the site's log knows the request."""

_TAGS = [
    {"name": "Accounts", "description": "Signing in and out, and one's own account."},
    {"name": "Users", "description": "Other people."},
    {"name": "Polls", "description": "What is asked: from draft to open to closed."},
    {"name": "Votes", "description": "What is answered, and how it stands."},
    {"name": "Site", "description": "How the service is, and what describes it."},
]

_PATH_PARAMETERS = {
    "poll_id": "The id of a poll.",
    "user_id": "The id of an account.",
    "code": "The join code, of digits only.",
}


def complete_document(result: Json, **context: Any) -> Json:
    """drf-spectacular's hook: adds what it can't find out."""
    result["info"]["description"] = _DESCRIPTION
    result["tags"] = _TAGS
    _describe_path_parameters(result["paths"])
    result["paths"] |= _PLAIN_ROUTES
    return result


def _describe_path_parameters(paths: Json) -> None:
    for methods in paths.values():
        for described in methods.values():
            for parameter in described.get("parameters", []):
                if parameter["in"] == "path":
                    parameter["description"] = _PATH_PARAMETERS[parameter["name"]]


def _plain_route(name: str, summary: str, description: str, answers: dict[int, Json]) -> Json:
    responses = {
        str(status): {"description": "Done." if status == 200 else "Not now.", "content": content}
        for status, content in answers.items()
    }
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "description": description,
            "tags": ["Site"],
            "security": [],
            "responses": responses,
        }
    }


def _document(media_type: str, version: str) -> dict[int, Json]:
    schema = {
        "type": "object",
        "properties": {
            version: {"type": "string"},
            "info": {
                "type": "object",
                "properties": {"title": {"type": "string"}, "version": {"type": "string"}},
                "required": ["title", "version"],
            },
        },
        "required": [version, "info"],
    }
    return {200: {media_type: {"schema": schema}}}


def _status(word: str) -> Json:
    schema = {
        "type": "object",
        "properties": {"status": {"const": word}},
        "required": ["status"],
        "additionalProperties": False,
    }
    example = {"summary": "answer", "value": {"status": word}}
    return {"application/json": {"schema": schema, "examples": {"answer": example}}}


_PLAIN_ROUTES = {
    "/api/schema": _plain_route(
        "readOpenApi",
        "This document",
        "OpenAPI 3.1 as JSON, for generators of clients and for collections of requests.",
        _document("application/vnd.oai.openapi+json;version=3.1", "openapi"),
    ),
    "/api/asyncapi.json": _plain_route(
        "readAsyncApi",
        "The document of the sockets",
        "AsyncAPI 3.0 as JSON: every command, reply and event of `/ws`.",
        _document("application/vnd.aai.asyncapi+json;version=3.0.0", "asyncapi"),
    ),
    "/health/live": _plain_route(
        "checkLive",
        "Whether the process answers, for supervisors",
        "Asks neither database nor channel layer. Restart a process that does not answer.",
        {200: _status("OK")},
    ),
    "/health/ready": _plain_route(
        "checkReady",
        "Whether to send requests here, for load balancers",
        "503 while the process is stopping or the database does not answer.",
        {200: _status("OK"), 503: _status("UNAVAILABLE")},
    ),
    "/metrics": _plain_route(
        "readMetrics",
        "Figures for Prometheus",
        "In the Prometheus text format, to this machine and to holders of `METRICS_TOKEN`; 404 to "
        "everyone else.",
        {
            200: {"text/plain": {"schema": {"type": "string"}}},
            404: {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}},
        },
    ),
}
