"""The endpoints for options of participants and decisions of hosts."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apikit.actors import Actor
from apikit.idempotency import idempotent
from apikit.pagination import page_of
from apikit.views import ApiViewSet, actor_of, read_body, read_query, respond
from polls import host_docs, host_selectors, host_serializers, suggestions
from polls.host_decisions import decide
from polls.host_models import Suggestion
from polls.host_wire import (
    AddedOption,
    HostChoice,
    OwnSuggestions,
    SentText,
    SentTexts,
    SuggestionView,
)
from polls.selectors import get_poll_for, view_polls
from polls.suggestions import suggest_option


class ParticipationViewSet(ApiViewSet):
    """Options of participants."""

    @host_docs.add_option
    @idempotent
    def add(self, request: Request, poll_id: UUID) -> Response:
        actor = actor_of(request)
        actor.signed_in_id()
        body = read_body(host_serializers.SuggestedOptionSerializer, request)
        return respond(add_option(actor, poll_id, body["text"]), 201)

    @host_docs.list_own_suggestions
    def list_own(self, request: Request, poll_id: UUID) -> Response:
        own = suggestions.list_own_suggestions(actor_of(request), poll_id)
        return respond(OwnSuggestions(suggestions=[SuggestionView.of(each) for each in own]))


class HostViewSet(ApiViewSet):
    """What hosts see and decide."""

    @host_docs.get_decisions
    def read(self, request: Request, poll_id: UUID) -> Response:
        return respond(host_selectors.get_host_view_for(actor_of(request), poll_id))

    @host_docs.decide
    @idempotent
    def decide(self, request: Request, poll_id: UUID) -> Response:
        actor = actor_of(request)
        actor.account_id()
        choice = HostChoice(**read_body(host_serializers.HostChoiceSerializer, request))
        return respond(decide(actor=actor, poll_id=poll_id, choice=choice))

    @host_docs.list_texts
    def list_texts(self, request: Request, poll_id: UUID) -> Response:
        query = read_query(host_serializers.TextQuerySerializer, request)
        state = query["state"]
        texts = host_selectors.list_texts_for(actor_of(request), poll_id, state)
        rows, pagination = page_of(texts, query)
        shown = [SentText(text=each.key, count=each.count, state=state) for each in rows]
        return respond(SentTexts(texts=shown, pagination=pagination))


def add_option(actor: Actor, poll_id: UUID, text: str) -> AddedOption:
    """Add or suggest an option, and return it as the actor may see it."""
    added = suggest_option(actor=actor, poll_id=poll_id, text=text)
    if isinstance(added, Suggestion):
        return AddedOption(state="pending", suggestion=SuggestionView.of(added))
    [view] = view_polls([get_poll_for(actor, poll_id)], actor)
    option = next(each for each in view.options if each.id == added.id)
    return AddedOption(state="shown", option=option)
