"""Parts of the OpenAPI document about the site, and about endpoints outside DRF."""

from http import HTTPStatus
from typing import Any

from apikit.errors import ApiError, NotFoundError
from webhooks.openapi import describe_webhooks

Json = dict[str, Any]

_DESCRIPTION = """\
Tallyroom runs live polls: create a poll, let a room of any size vote, and watch the results live.

- **Authentication**: send `Authorization: Bearer <access token>`. `POST /api/auth/guest` returns a
  token without registration, `POST /api/auth/register` creates an account.
- **Format**: requests and responses are JSON in camelCase; requests can use snake_case too. Unknown
  fields and query parameters are refused. Times are ISO 8601 in UTC.
- **Errors**: `{error, code, message, errors?}`. Programs compare `code`; every response below lists
  its codes, also in `x-codes`.
- **Retries**: send an `Idempotency-Key` with a write, so that you can repeat it safely.
- **Lists**: are newest first, take `page` and `limit`, and return `totalCount` and `totalPages`. To
  read a list that grows meanwhile, send the `nextCursor` of each response as `cursor` of the next
  request, until it is null: no item comes twice.
- **Paths**: also work under `/api/v1`, and with a trailing slash; those of accounts, users, rooms
  and messages also without `/api`.
- **Live updates**: connect a WebSocket; `/api/asyncapi.json` describes its commands and events.

Every response has an `X-Request-Id`, which identifies the request in the server's log."""

_TAGS = [
    {"name": "Accounts", "description": "Sign in and out, and manage your account."},
    {"name": "Users", "description": "Find other people."},
    {"name": "Polls", "description": "Create polls, open and close them."},
    {"name": "Votes", "description": "Vote, and read results."},
    {"name": "Projects", "description": "Teams, their members and their workspaces."},
    {"name": "Activity", "description": "What happened in a project."},
    {"name": "Invitations", "description": "Invite people to projects by email, and answer."},
    {"name": "Rooms", "description": "Rooms to talk in, and their members."},
    {"name": "Messages", "description": "Send, read and find messages."},
    {"name": "Jobs", "description": "Work in the background."},
    {"name": "Webhooks", "description": "Requests to other sites when something happens."},
    {"name": "Site", "description": "Health checks, metrics and API documents."},
]

_PATH_PARAMETERS = {
    "poll_id": "The id of a poll.",
    "user_id": "The id of an account.",
    "project_id": "The id of a project.",
    "workspace_id": "The id of a workspace.",
    "invitation_id": "The id of an invitation.",
    "token": "The token in the email with an invitation, or that in your list of invitations.",
    "code": "The join code of a poll.",
    "room_id": "The id of a room.",
    "message_id": "The id of a message.",
    "room_or_message_id": "To read: the id of a room. To change or delete: the id of a message.",
    "job_id": "The id of a job.",
    "webhook_id": "The id of a webhook.",
    "delivery_id": "The id of a delivery.",
    "upload_id": "The id of an uploaded file.",
    "emoji": "One emoji, encoded as in any URL.",
}


def complete_document(result: Json, **context: Any) -> Json:
    """Postprocessing hook of drf-spectacular: adds what it cannot derive."""
    result["info"]["description"] = _DESCRIPTION
    result["tags"] = _TAGS
    _describe_path_parameters(result["paths"])
    result["paths"] |= _PLAIN_ROUTES
    result["webhooks"] = describe_webhooks(result["components"]["schemas"])
    return result


def _describe_path_parameters(paths: Json) -> None:
    for methods in paths.values():
        for described in methods.values():
            for parameter in described.get("parameters", []):
                if parameter["in"] == "path":
                    parameter["description"] = _PATH_PARAMETERS[parameter["name"]]


def _plain_route(name: str, summary: str, description: str, answers: dict[int, Json]) -> Json:
    responses = {
        str(status): {"description": HTTPStatus(status).phrase, "content": content}
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
    example = {"summary": "response", "value": {"status": word}}
    return {"application/json": {"schema": schema, "examples": {"response": example}}}


def _error(error: type[ApiError]) -> Json:
    schema = {"$ref": "#/components/schemas/ErrorBody"}
    example = {"summary": error.code, "value": error().as_body()}
    return {"application/json": {"schema": schema, "examples": {error.code: example}}}


_PLAIN_ROUTES = {
    "/api/schema": _plain_route(
        "readOpenApi",
        "Get the OpenAPI document",
        "This document: OpenAPI 3.1 as JSON, for client generators and other tools.",
        _document("application/vnd.oai.openapi+json;version=3.1", "openapi"),
    ),
    "/api/asyncapi.json": _plain_route(
        "readAsyncApi",
        "Get the AsyncAPI document",
        "AsyncAPI 3.0 as JSON: every command, reply and event of `/ws`.",
        _document("application/vnd.aai.asyncapi+json;version=3.0.0", "asyncapi"),
    ),
    "/health/live": _plain_route(
        "checkLive",
        "Check liveness",
        "For supervisors: restart a process that does not answer. Checks neither the database nor "
        "the channel layer.",
        {200: _status("OK")},
    ),
    "/health/ready": _plain_route(
        "checkReady",
        "Check readiness",
        "For load balancers: 503 while the process is stopping or the database does not answer.",
        {200: _status("OK"), 503: _status("UNAVAILABLE")},
    ),
    "/metrics": _plain_route(
        "readMetrics",
        "Get metrics",
        "Metrics in the Prometheus text format. Available from this machine and with "
        "`METRICS_TOKEN`; 404 for everyone else.",
        {
            200: {"text/plain": {"schema": {"type": "string"}}},
            404: _error(NotFoundError),
        },
    ),
}
