"""How views describe themselves in the OpenAPI document.

A view's handler wears one :func:`operation`, kept in its app's ``docs.py``. Besides what an
operation has of its own it adds what all have in common: errors, the security scheme, the
idempotency header.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from pydantic import Field
from rest_framework import serializers

from apikit import errors
from apikit.errors import ApiError, FieldError
from apikit.idempotency import HEADER, REPLAYED_HEADER
from apikit.wire import Wire, adapter_of

Access = Literal["nobody", "anybody", "signed-in"]

_SECURITY: dict[Access, list[dict[str, list[str]]]] = {
    "nobody": [{}],
    "anybody": [{}, {"bearer": []}],
    "signed-in": [{"bearer": []}],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBody(Wire):
    """What every refusal looks like; `code` is for programs and stays as it is."""

    error: Annotated[str, Field(description="The status's reason phrase.")]
    code: str
    message: Annotated[str, Field(description="A sentence for a person.")]
    errors: list[FieldError] | None = None


class WireExtension(OpenApiSerializerExtension):
    """Lets drf-spectacular describe the dataclasses that travel, as pydantic describes them."""

    target_class = Wire
    match_subclasses = True

    def get_name(self, auto_schema: AutoSchema, direction: str) -> str:
        return str(self.target.__name__)

    def map_serializer(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        schema = adapter_of(self.target).json_schema(
            ref_template="#/components/schemas/{model}", mode="serialization"
        )
        for name, part in schema.pop("$defs", {}).items():
            auto_schema.registry.register_on_missing(
                ResolvedComponent(
                    name=name, type=ResolvedComponent.SCHEMA, object=name, schema=part
                )
            )
        return schema


def operation(
    name: str,
    summary: str,
    *,
    tag: str,
    success: Mapping[int, type[Wire]],
    example: Mapping[str, Any] | None = None,
    body: type[serializers.Serializer[Any]] | None = None,
    body_example: Mapping[str, Any] | None = None,
    query: type[serializers.Serializer[Any]] | None = None,
    access: Access = "signed-in",
    is_write: bool = False,
    refusals: Iterable[type[ApiError]] = (),
    described_refusals: Mapping[int, type[Wire]] | None = None,
    parameters: Iterable[OpenApiParameter] = (),
    description: str | None = None,
) -> Callable[[Any], Any]:
    """A decorator for a handler.

    ``refusals`` are those of the operation itself; ``described_refusals`` gives a shape to a
    status whose body holds more than :class:`ErrorBody` says.
    """
    all_refusals = [
        *refusals,
        *_common_refusals(
            access, has_body=body is not None, has_query=query is not None, is_write=is_write
        ),
    ]
    responses: dict[int, OpenApiResponse] = {
        status: OpenApiResponse(shape, description="Done.") for status, shape in success.items()
    }
    for status in sorted({each.http_status.value for each in all_refusals} - set(success)):
        shape = (described_refusals or {}).get(status, ErrorBody)
        responses[status] = _refusal_response(status, shape, all_refusals)
    examples = []
    if body_example is not None:
        examples.append(OpenApiExample("request", value=body_example, request_only=True))
    if example is not None:
        statuses = [str(status) for status in success]
        examples.append(
            OpenApiExample("answer", value=example, response_only=True, status_codes=statuses)
        )
    return extend_schema(
        operation_id=name,
        summary=summary,
        description=description,
        tags=[tag],
        request=body,
        responses=responses,
        examples=examples,
        auth=_SECURITY[access],  # type: ignore[arg-type]  # it takes more than it says
        parameters=[
            *([query] if query else []),
            *(_idempotency_parameters(success) if is_write else []),
            *parameters,
        ],
    )


def _common_refusals(
    access: Access, *, has_body: bool, has_query: bool, is_write: bool
) -> list[type[ApiError]]:
    refusals: list[type[ApiError]] = [
        errors.NotAcceptableError,
        errors.TooManyRequestsError,
        errors.ServerError,
        errors.ServerUnavailableError,
    ]
    if access != "nobody":
        refusals.append(errors.TokenInvalidError)
    if access == "signed-in":
        refusals.append(errors.AuthenticationRequiredError)
    if has_body:
        refusals += [
            errors.InvalidRequestError,
            errors.RequestTooLargeError,
            errors.UnsupportedMediaTypeError,
        ]
    if has_body or has_query or is_write:
        refusals.append(errors.ValidationFailedError)
    if is_write:
        refusals.append(errors.IdempotencyKeyReusedError)
    return refusals


def _refusal_response(
    status: int, shape: type[Wire], refusals: Iterable[type[ApiError]]
) -> OpenApiResponse:
    of_status = {each.code: each for each in refusals if each.http_status == status}
    return OpenApiResponse(
        shape,
        description=" ".join(f"`{code}`: {each.message}" for code, each in of_status.items()),
        examples=[
            OpenApiExample(code, value=each().as_body(), response_only=True)
            for code, each in of_status.items()
        ],
    )


def _idempotency_parameters(success: Mapping[int, Any]) -> list[OpenApiParameter]:
    return [
        OpenApiParameter(
            HEADER,
            str,
            OpenApiParameter.HEADER,
            description="The same key with the same request gives the first answer again; with "
            "another request 422. Kept for a day. Without a token, 16 characters or more.",
        ),
        OpenApiParameter(
            REPLAYED_HEADER,
            str,
            OpenApiParameter.HEADER,
            response=list(success),
            enum=["true"],
            description="There when the answer is that of an earlier request.",
        ),
    ]
