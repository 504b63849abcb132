"""The vote endpoints."""

from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import StatelessTokenAuthentication
from apikit.downloads import as_any_attachment, as_attachment
from apikit.idempotency import REPLAYED_HEADER, read_key
from apikit.pagination import PageQuerySerializer, page_of
from apikit.views import (
    ApiViewSet,
    JSONWhateverAccepted,
    actor_of,
    read_body,
    read_query,
    respond,
)
from apikit.wire import Done
from polls.results import get_results_for
from polls.wire import OneResults
from votes import docs, selectors, serializers, services
from votes.ballots import Receipt
from votes.calendars import export_calendar_for
from votes.exports import ExportFormat, export_results_for
from votes.wire import OneTimeline, PastVote, VoteHistory, cast_vote_response, own_ballot


class BallotViewSet(ApiViewSet):
    """Casting votes. The ledger checks the account and the sign-in within its batch."""

    authentication_classes = (StatelessTokenAuthentication,)

    @docs.cast_vote
    def cast(self, request: Request, poll_id: UUID) -> Response:
        return _cast(request, poll_id)

    @docs.cast_vote_for_option
    def cast_for_option(self, request: Request) -> Response:
        return _cast(request, None)


class VoteViewSet(ApiViewSet):
    """Reading votes and results, and taking a vote back."""

    @docs.retract_vote
    def retract(self, request: Request, poll_id: UUID) -> Response:
        actor = actor_of(request)
        actor.signed_in_id()
        receipt = services.retract_vote(actor=actor, poll_id=poll_id, key=read_key(request, actor))
        return _marked(respond(Done(message="Vote removed successfully")), receipt)

    @docs.read_own_ballot
    def read_own(self, request: Request, poll_id: UUID) -> Response:
        status = selectors.get_voter_status(actor_of(request), poll_id)
        return respond(own_ballot(status.votes, status.answers, has_voted=status.has_voted))

    @docs.read_results
    def read_results(self, request: Request, poll_id: UUID) -> Response:
        return respond(OneResults(poll=get_results_for(actor_of(request), poll_id)))

    @docs.read_timeline
    def read_timeline(self, request: Request, poll_id: UUID) -> Response:
        query = read_query(serializers.TimelineQuerySerializer, request)
        timeline = selectors.get_timeline_for(actor_of(request), poll_id, query["points"])
        return respond(OneTimeline(timeline=timeline))

    @docs.list_own_votes
    def list_own(self, request: Request) -> Response:
        votes = selectors.list_own_votes(actor_of(request))
        rows, pagination = page_of(votes, read_query(PageQuerySerializer, request))
        shown = [PastVote.of(vote) for vote in rows]
        return respond(VoteHistory(votes=shown, pagination=pagination))


class ExportViewSet(ApiViewSet):
    """Results as files. The query selects the format, not the Accept header."""

    content_negotiation_class = JSONWhateverAccepted

    @docs.export_results
    def export(self, request: Request, poll_id: UUID) -> HttpResponseBase:
        query = read_query(serializers.ExportQuerySerializer, request)
        export_format = ExportFormat(query["format"])
        return as_any_attachment(export_results_for(actor_of(request), poll_id, export_format))


class CalendarViewSet(ApiViewSet):
    """The dates of a poll for calendars."""

    content_negotiation_class = JSONWhateverAccepted

    @docs.export_calendar
    def export(self, request: Request, poll_id: UUID) -> HttpResponse:
        query = read_query(serializers.CalendarQuerySerializer, request)
        has_url = settings.HAS_PUBLIC_URL
        site_url = settings.PUBLIC_URL if has_url else f"{request.scheme}://{request.get_host()}"
        option_id = query.get("option_id")
        return as_attachment(export_calendar_for(actor_of(request), poll_id, site_url, option_id))


def _cast(request: Request, poll_id: UUID | None) -> Response:
    actor = actor_of(request)
    actor.signed_in_id()
    receipt = services.cast_vote(
        actor=actor,
        poll_id=poll_id,
        key=read_key(request, actor),
        **read_body(serializers.VoteSerializer, request),
    )
    return _marked(respond(*cast_vote_response(receipt)), receipt)


def _marked(response: Response, receipt: Receipt) -> Response:
    if receipt.is_replayed:
        response[REPLAYED_HEADER] = "true"
    return response
