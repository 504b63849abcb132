"""The AsyncAPI document."""

from typing import Any


def asyncapi_document() -> dict[str, Any]:
    return {}
