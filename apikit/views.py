"""Base classes and helpers of the API views."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from apikit.actors import Actor
from apikit.errors import FieldError, ValidationFailedError
from apikit.wire import Wire, to_wire

AnySerializer = type[serializers.Serializer[Any]]

# Attribute of a handler that ``apikit.schema.operation`` sets.
DECLARED = "declared_operation"
# The parameter that HTTP libraries append to bypass caches.
CACHE_BUSTER = "_"
MAX_QUERY_ERRORS = 10
MAX_NAME_CHARS = 100


@dataclass(frozen=True, slots=True)
class Declared:
    """Whether a handler needs a token, and the query parameters it takes."""

    needs_token: bool
    query_names: tuple[str, ...]


def actor_of(request: Request) -> Actor:
    """Return the actor that the authentication classes found."""
    actor: Any = request.user  # a Django user for the stubs
    assert isinstance(actor, Actor)
    return actor


def respond(body: Wire, status: int = 200) -> Response:
    """Return a response with ``body`` as JSON."""
    return Response(to_wire(body), status=status)


def read_body(serializer_class: AnySerializer, request: Request) -> dict[str, Any]:
    """Return the validated body of the request.

    :raises ValidationError: for an invalid body.
    """
    return _validated(serializer_class(data=request.data))


def read_query(serializer_class: AnySerializer, request: Request) -> dict[str, Any]:
    """Return the validated query of the request.

    :raises ValidationError: for an invalid query.
    """
    return _validated(serializer_class(data=request.query_params.dict()))


def _validated(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    validated: dict[str, Any] = serializer.validated_data
    return validated


class ApiViewSet(ViewSet):
    """A DRF viewset whose handlers parse, call one service or selector, and respond.

    Enforces what handlers declare with ``apikit.schema.operation`` before they run: whether a token
    is needed, and which query parameters exist.
    """

    # For endpoints that monitors call with parameters of their own.
    takes_any_query: ClassVar[bool] = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        declared: Declared | None = getattr(getattr(self, self.action or "", None), DECLARED, None)
        if declared is None:
            return
        if declared.needs_token:
            actor_of(request).signed_in_id()
        if not self.takes_any_query:
            _check_query(declared.query_names, request.query_params)


def _check_query(known: Collection[str], sent: QueryDict) -> None:
    """Refuse unknown and repeated query parameters.

    :raises ValidationFailedError: naming the first few of them.
    """
    errors = []
    for name, values in sent.lists():
        if name == CACHE_BUSTER:
            continue
        if name not in known:
            names = f"; there are {', '.join(known)}" if known else ""
            errors.append(FieldError(name[:MAX_NAME_CHARS], f"No such query parameter{names}."))
        elif len(values) > 1:
            errors.append(FieldError(name, "This query parameter was sent more than once."))
    if errors:
        raise ValidationFailedError(errors=errors[:MAX_QUERY_ERRORS])


class JSONWhateverAccepted(BaseContentNegotiation):
    """For views that return files: errors are JSON, whatever ``Accept`` says."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        return next(iter(parsers), None)

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        assert renderer.media_type is not None
        return renderer, renderer.media_type
