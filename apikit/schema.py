"""Describes views in the OpenAPI document.

Each handler is decorated with an :func:`operation` from its app's ``docs.py``, which adds what all
operations have in common: errors, the security scheme, the idempotency headers.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Any, Literal

from drf_spectacular.extensions import (
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from pydantic import Field
from rest_framework import serializers

from apikit import errors
from apikit.descriptions import describe, list_refusals
from apikit.errors import IDEMPOTENCY_HEADER, ApiError, FieldError
from apikit.idempotency import MAX_KEY_CHARS, MIN_VISITOR_KEY_CHARS, REPLAYED_HEADER
from apikit.registries import Registry
from apikit.serializers import BoundedListField, StrictSerializer
from apikit.views import DECLARED, Declared
from apikit.wire import Wire, adapter_of

Auth = Literal["none", "optional", "required"]

_SECURITY: dict[Auth, list[dict[str, list[str]]]] = {
    "none": [{}],
    "optional": [{}, {"bearer": []}],
    "required": [{"bearer": []}],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBody(Wire):
    """The body of every error response."""

    error: Annotated[str, Field(description="The reason phrase of the status.")]
    code: Annotated[str, Field(description="The stable error code, for programs.")]
    message: Annotated[str, Field(description="A sentence for people; it may change.")]
    errors: list[FieldError] = field(default_factory=list)


# Errors of invalid tokens, by code. The app that reads tokens registers its own at startup, before
# any operation is declared.
TOKEN_REFUSALS: Registry[str, type[ApiError]] = Registry("token refusal")
TOKEN_REFUSALS.register(errors.TokenInvalidError.code, errors.TokenInvalidError)


class Schema(AutoSchema):
    """drf-spectacular's schema, without wrapping lists and without the docstrings of views."""

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False

    def get_description(self) -> str:  # type: ignore[override]  # theirs overrides it likewise
        return ""


@dataclass(frozen=True, slots=True)
class Files:
    """A response that is a file of one of the media types, or JSON if it has a shape."""

    media_types: tuple[str, ...]
    json_shape: type[Wire] | None


class WireExtension(OpenApiSerializerExtension):
    """Lets pydantic describe the wire dataclasses for drf-spectacular."""

    target_class = Wire
    match_subclasses = True

    def get_name(self, auto_schema: AutoSchema, direction: str) -> str:
        return str(self.target.__name__)

    def map_serializer(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        description = describe(adapter_of(self.target))
        for name, part in description.parts.items():
            auto_schema.registry.register_on_missing(
                ResolvedComponent(
                    name=name, type=ResolvedComponent.SCHEMA, object=name, schema=part
                )
            )
        return description.schema


class StrictSerializerExtension(OpenApiSerializerExtension):
    """Adds ``additionalProperties: false`` and the serializer's own rules."""

    target_class = StrictSerializer
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        schema: dict[str, Any] = auto_schema._map_serializer(  # noqa: SLF001 - as they advise
            self.target, direction, bypass_extensions=True
        )
        if type(self.target).__doc__ is None:
            schema.pop("description", None)  # inherited from a base class
        return schema | {"additionalProperties": False, **self.target.further_rules}


class BoundedListExtension(OpenApiSerializerFieldExtension):
    """Adds the shorthand of a list's items beside their component.

    In the component, the object would become an anonymous member of a union, which generated
    clients name `OptionRequestType1`.
    """

    target_class = BoundedListField

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        schema: dict[str, Any] = auto_schema._map_serializer_field(  # noqa: SLF001 - as they advise
            self.target, direction, bypass_extensions=True
        )
        shorthand = getattr(self.target.child, "shorthand", None)
        if shorthand:
            schema["items"] = {"anyOf": [shorthand, schema["items"]]}
        return schema


def operation(
    name: str,
    summary: str,
    *,
    tag: str,
    success: Mapping[int, type[Wire] | Files],
    example: Mapping[str, Any] | None = None,
    body: type[serializers.Serializer[Any]] | Mapping[str, Any] | None = None,
    body_example: Mapping[str, Any] | None = None,
    body_examples: Mapping[str, Mapping[str, Any]] | None = None,
    query: type[serializers.Serializer[Any]] | None = None,
    auth: Auth = "required",
    is_write: bool = False,
    refusals: Iterable[type[ApiError]] = (),
    described_refusals: Mapping[int, type[Wire]] | None = None,
    parameters: Iterable[OpenApiParameter] = (),
    description: str | None = None,
) -> Callable[[Any], Any]:
    """Return a decorator that describes a handler.

    ``body_examples`` are further examples by name, beside the first.
    ``refusals`` are the errors of the operation itself. ``described_refusals`` maps a status to its
    body, if that is more than :class:`ErrorBody`. A ``body`` can map media types to formats.
    """
    all_refusals = [
        *refusals,
        *_common_refusals(auth, has_body=isinstance(body, type), is_write=is_write),
    ]
    responses = _success_responses(success)
    for status in sorted({each.http_status.value for each in all_refusals} - set(success)):
        shape = (described_refusals or {}).get(status, ErrorBody)
        responses[status] = _refusal_response(status, shape, all_refusals)
    named = {} if body_example is None else {"request": body_example}
    examples = [
        OpenApiExample(each, value=value, request_only=True)
        for each, value in {**named, **(body_examples or {})}.items()
    ]
    if example is not None:
        statuses = [str(status) for status in success]
        examples.append(
            OpenApiExample("response", value=example, response_only=True, status_codes=statuses)
        )
    describe_handler = extend_schema(
        operation_id=name,
        summary=summary,
        description=description,
        tags=[tag],
        request=body,
        responses=responses,
        examples=examples,
        auth=_SECURITY[auth],  # type: ignore[arg-type]  # it accepts more than annotated
        parameters=[
            *([query] if query else []),
            *(_idempotency_parameters(auth, success) if is_write else []),
            *_ERROR_HEADERS,
            *parameters,
        ],
    )
    declared = Declared(auth == "required", tuple(query().fields) if query else ())

    def declare(handler: Any) -> Any:
        described = describe_handler(handler)
        setattr(described, DECLARED, declared)
        return described

    return declare


def _success_responses(success: Mapping[int, type[Wire] | Files]) -> dict[Any, OpenApiResponse]:
    responses: dict[Any, OpenApiResponse] = {}
    for status, shape in success.items():
        phrase = HTTPStatus(status).phrase
        files = shape if isinstance(shape, Files) else None
        # Client generators that support one media type per response take the first they know. A
        # text can be read as bytes, but bytes not as text or JSON.
        for media_type in sorted(files.media_types, key=_is_text) if files else ():
            content = OpenApiTypes.STR if _is_text(media_type) else OpenApiTypes.BINARY
            responses[status, media_type] = OpenApiResponse(content, description=phrase)
        body = shape if files is None else files.json_shape
        if body is None:
            continue
        key = status if files is None else (status, "application/json")
        responses[key] = OpenApiResponse(body, description=phrase)
    return responses


def _is_text(media_type: str) -> bool:
    return media_type.startswith("text/")


def _common_refusals(auth: Auth, *, has_body: bool, is_write: bool) -> list[type[ApiError]]:
    refusals: list[type[ApiError]] = [
        errors.NotAcceptableError,
        errors.TooManyRequestsError,
        errors.ServerError,
        errors.ServerUnavailableError,
        errors.ValidationFailedError,
    ]
    if auth != "none":
        refusals += TOKEN_REFUSALS.values()
    if auth == "required":
        refusals.append(errors.AuthenticationRequiredError)
    if has_body:
        refusals += [errors.InvalidRequestError, errors.UnsupportedMediaTypeError]
    if has_body or is_write:
        # Also where no body is expected: clients may send one.
        refusals.append(errors.RequestTooLargeError)
    if is_write:
        refusals += [errors.IdempotencyKeyReusedError, errors.WriteInDoubtError]
    return refusals


def _refusal_response(
    status: int, shape: type[Wire], refusals: Iterable[type[ApiError]]
) -> OpenApiResponse:
    # Sorted, so that operations with the same errors share a component.
    of_status = {
        each.code: each
        for each in sorted(refusals, key=lambda refusal: refusal.code)
        if each.http_status == status
    }
    return OpenApiResponse(
        shape,
        description=list_refusals(*of_status.values()),
        examples=[
            OpenApiExample(code, value=each().as_body(), response_only=True)
            for code, each in of_status.items()
        ],
    )


def _idempotency_parameters(auth: Auth, success: Mapping[int, Any]) -> list[OpenApiParameter]:
    key = {
        "type": "string",
        "minLength": MIN_VISITOR_KEY_CHARS if auth == "none" else 1,
        "maxLength": MAX_KEY_CHARS,
        "pattern": "^[ -~]+$",
    }
    return [
        OpenApiParameter(
            IDEMPOTENCY_HEADER,
            key,
            OpenApiParameter.HEADER,
            description="Makes the request safe to repeat: the same key with the same request "
            "returns the first response again, for a day by default. With another request it is "
            "422. Without a token, at least 16 characters.",
        ),
        OpenApiParameter(
            REPLAYED_HEADER,
            str,
            OpenApiParameter.HEADER,
            response=list(success),
            enum=["true"],
            description="Present if the response is a repetition of an earlier one.",
        ),
    ]


_ERROR_HEADERS = [
    OpenApiParameter(
        "Retry-After",
        int,
        OpenApiParameter.HEADER,
        response=[429, 503],
        description="The number of seconds to wait before trying again.",
    ),
    OpenApiParameter(
        "WWW-Authenticate", str, OpenApiParameter.HEADER, response=[401], enum=["Bearer"]
    ),
]
