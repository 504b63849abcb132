"""The headers of optimistic locking in the OpenAPI document."""

from drf_spectacular.utils import OpenApiParameter

IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="Makes the change only if the `ETag` is still this one; otherwise 412. A weak tag "
    "(`W/`) counts as the strong one, because proxies that compress make it weak.",
)


def etag_header(description: str) -> OpenApiParameter:
    """Describe the ``ETag`` of a response; ``description`` says which changes give a new one."""
    return OpenApiParameter(
        "ETag",
        str,
        OpenApiParameter.HEADER,
        response=[200, 201],
        description=description,
    )
