"""What every view has in common."""

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from apikit.actors import Actor
from apikit.wire import Wire, to_wire

AnySerializer = type[serializers.Serializer[Any]]


def actor_of(request: Request) -> Actor:
    """Who makes the request; the authentication classes put it there."""
    actor: Any = request.user  # what the stubs take for a Django user
    assert isinstance(actor, Actor)
    return actor


def answer(body: Wire, status: int = 200) -> Response:
    """What a handler returns."""
    return Response(to_wire(body), status=status)


def read_body(serializer_class: AnySerializer, request: Request) -> dict[str, Any]:
    """The request's body as the serializer validated it.

    :raises ValidationError: when it doesn't fit.
    """
    return _validated(serializer_class(data=request.data))


def read_query(serializer_class: AnySerializer, request: Request) -> dict[str, Any]:
    """The request's query as the serializer validated it; unknown parameters are passed over.

    :raises ValidationError: when it doesn't fit.
    """
    return _validated(serializer_class(data=request.query_params.dict()))


def _validated(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    validated: dict[str, Any] = serializer.validated_data
    return validated


class ApiViewSet(ViewSet):
    """A DRF viewset whose handlers parse, call one service or selector, and reply."""


class JSONWhateverAccepted(BaseContentNegotiation):
    """For views whose answers are files: what they refuse is refused as JSON."""

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
