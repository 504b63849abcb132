"""The section ``webhooks`` of the OpenAPI document: the requests that receivers get."""

from typing import Any

from apikit.descriptions import as_markdown, describe
from apikit.wire import Wire, adapter_of
from webhooks import event_types, payloads
from webhooks.examples import DELIVERY_ID, POLL_CLOSED

Json = dict[str, Any]

_DATA: dict[str, type[Wire]] = {
    event_types.POLL_PUBLISHED: payloads.PollData,
    event_types.POLL_OPENED: payloads.PollData,
    event_types.POLL_CLOSED: payloads.ClosedPollData,
    event_types.POLL_REOPENED: payloads.PollData,
    event_types.POLL_DELETED: payloads.DeletedPollData,
    event_types.TALLY_CHANGED: payloads.TallyData,
    event_types.MESSAGE_POSTED: payloads.MessageData,
    **dict.fromkeys(event_types.MEMBER_EVENTS, payloads.MemberData),
    event_types.TEST: payloads.WebhookTestData,
}
_SCHEMAS = "#/components/schemas/"
_HEADERS = {
    "webhook-id": ("The same in all attempts, to recognize repeated ones.", DELIVERY_ID),
    "webhook-timestamp": ("When this attempt began, in seconds since 1970.", "1777887660"),
    "webhook-signature": (
        "Signatures of id, time and body, separated by spaces.",
        "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    ),
}


def describe_webhooks(schemas: Json) -> Json:
    """Return the section, and add the components that it refers to to ``schemas``."""
    return {event: {"post": _operation(event, data, schemas)} for event, data in _DATA.items()}


def _operation(event: str, data: type[Wire], schemas: Json) -> Json:
    description = describe(adapter_of(data))
    for name, part in {data.__name__: description.schema, **description.parts}.items():
        schemas.setdefault(name, part)
    body = {
        "type": "object",
        "properties": {
            "type": {"type": "string", "enum": [event]},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": {"$ref": f"{_SCHEMAS}{data.__name__}"},
        },
        "required": ["type", "timestamp", "data"],
    }
    content: Json = {"schema": body}
    if event == POLL_CLOSED["type"]:
        content["example"] = POLL_CLOSED
    return {
        "operationId": f"receive{event.replace('.', '_').title().replace('_', '')}",
        "summary": event,
        "description": as_markdown((data.__doc__ or event).strip().partition("\n")[0]),
        "tags": ["Webhooks"],
        "security": [],
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": True,
                "description": text,
                "schema": {"type": "string"},
                "example": example,
            }
            for name, (text, example) in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": {"204": {"description": "The event was received; any 2xx does."}},
    }
