"""The poll endpoints."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apikit.actors import Actor
from apikit.idempotency import idempotent
from apikit.pagination import page_of
from apikit.revisions import expected_revisions, with_etag
from apikit.views import ApiViewSet, actor_of, read_body, read_query, respond
from apikit.wire import Done
from polls import docs, editing, selectors, serializers, services
from polls.models import Poll, PollState
from polls.wire import ChangedPoll, OnePoll, PollList


class PollViewSet(ApiViewSet):
    """Creating, reading, changing, publishing and closing polls."""

    @docs.list_polls
    def list(self, request: Request) -> Response:
        actor = actor_of(request)
        query = read_query(serializers.PollQuerySerializer, request)
        rows, pagination = page_of(selectors.list_polls_for(actor, _filter(actor, query)), query)
        return respond(PollList(polls=selectors.view_polls(rows, actor), pagination=pagination))

    @docs.create_poll
    @idempotent
    def create(self, request: Request) -> Response:
        actor = actor_of(request)
        actor.account_id()
        body = read_body(serializers.PollCreateSerializer, request)
        poll = services.create_poll(actor=actor, **body)
        return _changed(actor, poll, "created", 201)

    @docs.get_poll
    def retrieve(self, request: Request, poll_id: UUID) -> Response:
        return _shown(actor_of(request), selectors.read_poll_for(actor_of(request), poll_id))

    @docs.get_poll_by_code
    def retrieve_by_code(self, request: Request, code: str) -> Response:
        return _shown(actor_of(request), selectors.get_poll_by_code_for(actor_of(request), code))

    @docs.update_poll("updatePoll", "Change a poll")
    @idempotent
    def update(self, request: Request, poll_id: UUID) -> Response:
        return _update(request, poll_id)

    @docs.update_poll("patchPoll", "Change a poll, with PATCH")
    @idempotent
    def partial_update(self, request: Request, poll_id: UUID) -> Response:
        return _update(request, poll_id)

    @docs.delete_poll
    @idempotent
    def destroy(self, request: Request, poll_id: UUID) -> Response:
        services.delete_poll(
            actor=actor_of(request),
            poll_id=poll_id,
            expected_revisions=expected_revisions(request),
        )
        return respond(Done(message="Poll deleted successfully"))

    @docs.duplicate_poll
    @idempotent
    def duplicate(self, request: Request, poll_id: UUID) -> Response:
        actor = actor_of(request)
        poll = services.duplicate_poll(actor=actor, poll_id=poll_id)
        return _changed(actor, poll, "duplicated", 201)

    @docs.publish_poll
    @idempotent
    def publish(self, request: Request, poll_id: UUID) -> Response:
        return _move(request, poll_id, services.publish_poll, "published")

    @docs.close_poll
    @idempotent
    def close(self, request: Request, poll_id: UUID) -> Response:
        return _move(request, poll_id, services.close_poll, "closed")

    @docs.reopen_poll
    @idempotent
    def reopen(self, request: Request, poll_id: UUID) -> Response:
        return _move(request, poll_id, services.reopen_poll, "reopened")


def _move(request: Request, poll_id: UUID, move: Callable[..., Poll], done: str) -> Response:
    actor = actor_of(request)
    poll = move(actor=actor, poll_id=poll_id, expected_revisions=expected_revisions(request))
    return _changed(actor, poll, done)


def _update(request: Request, poll_id: UUID) -> Response:
    actor = actor_of(request)
    actor.account_id()
    poll = editing.update_poll(
        actor=actor,
        poll_id=poll_id,
        changes=read_body(serializers.PollChangeSerializer, request),
        expected_revisions=expected_revisions(request),
    )
    return _changed(actor, poll, "updated")


def _filter(actor: Actor, query: dict[str, Any]) -> selectors.PollFilter:
    creator = query.get("creator")
    state = query.get("state")
    return selectors.PollFilter(
        published=query["published"],
        creator_id=actor.signed_in_id() if creator == "me" else creator,
        workspace_id=query.get("workspace"),
        project_id=query.get("project"),
        state=PollState(state) if state else None,
        search=query.get("search", ""),
    )


def _shown(actor: Actor, poll: Poll) -> Response:
    [view] = selectors.view_polls([poll], actor)
    return with_etag(respond(OnePoll(poll=view)), poll.revision)


def _changed(actor: Actor, poll: Poll, done: str, status: int = 200) -> Response:
    """Respond with the changed poll, read again with its options and creator."""
    poll = selectors.get_poll_for(actor, poll.id)
    [view] = selectors.view_polls([poll], actor)
    body = ChangedPoll(message=f"Poll {done} successfully", poll=view)
    return with_etag(respond(body, status), poll.revision)
