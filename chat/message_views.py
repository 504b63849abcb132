"""The message endpoints."""

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import StatelessTokenAuthentication, TokenAuthentication
from apikit.idempotency import REPLAYED_HEADER, idempotent, read_key
from apikit.pagination import page_of
from apikit.views import ApiViewSet, actor_of, read_body, read_query, respond
from apikit.wire import Done
from chat import lobby, message_selectors, message_wire, serializers, services, threads
from chat import message_docs as docs
from chat.message_selectors import Place
from chat.wire import (
    ChangedMessage,
    EditHistory,
    EditView,
    FoundMessages,
    LobbyMessages,
    SentToLobby,
)


class PostingViewSet(ApiViewSet):
    """Sending messages, and the lobby's list, which has the same path.

    The ledger checks the account and the sign-in of whoever sends within its batch.
    """

    def get_authenticators(self) -> list[Any]:
        # Without a request for the OpenAPI document.
        is_post = getattr(self.request, "method", None) == "POST"
        return [StatelessTokenAuthentication() if is_post else TokenAuthentication()]

    @docs.list_lobby
    def list_lobby(self, request: Request) -> Response:
        messages = lobby.list_messages(actor_of(request))
        return respond(LobbyMessages(success=True, message="Messages retrieved", data=messages))

    @docs.post_message
    def post(self, request: Request) -> Response:
        actor = actor_of(request)
        actor.signed_in_id()
        key = read_key(request, actor)
        body = read_body(serializers.MessageCreateSerializer, request)
        posted = services.post_message(actor=actor, key=key, **body)
        answer = ChangedMessage(message="Message sent successfully", data=posted.message)
        return _marked(respond(answer, 201), is_replayed=posted.is_replayed)

    @docs.send_to_lobby
    def send_to_lobby(self, request: Request) -> Response:
        body = lobby.read_message(request.data)
        key = read_key(request, actor_of(request))
        sent, is_replayed = lobby.send(actor=actor_of(request), key=key, **body)
        answer = SentToLobby(success=True, message="Message sent successfully", data=sent)
        return _marked(respond(answer, 201), is_replayed=is_replayed)


class MessageViewSet(ApiViewSet):
    """Reading, editing, deleting and finding messages, and reacting to them."""

    @docs.list_messages
    def list(self, request: Request, room_or_message_id: UUID) -> Response:
        page = message_selectors.list_messages_for(
            actor_of(request), room_or_message_id, _place(request)
        )
        return respond(page)

    @docs.edit_message
    @idempotent
    def update(self, request: Request, room_or_message_id: UUID) -> Response:
        body = read_body(serializers.MessageChangeSerializer, request)
        message = services.edit_message(
            actor=actor_of(request), message_id=room_or_message_id, **body
        )
        return respond(ChangedMessage(message="Message updated successfully", data=message))

    @docs.delete_message
    @idempotent
    def destroy(self, request: Request, room_or_message_id: UUID) -> Response:
        services.delete_message(actor=actor_of(request), message_id=room_or_message_id)
        return respond(Done(message="Message deleted successfully"))

    @docs.search_messages
    def search(self, request: Request) -> Response:
        actor = actor_of(request)
        query = read_query(serializers.MessageSearchSerializer, request)
        found = message_selectors.search_messages_for(actor, query["q"], query.get("room_id"))
        rows, pagination = page_of(found, query)
        views = message_wire.view_messages(rows, actor)
        return respond(FoundMessages(messages=views, pagination=pagination))

    @docs.list_replies
    def list_replies(self, request: Request, message_id: UUID) -> Response:
        place = _place(request)
        return respond(message_selectors.get_thread_for(actor_of(request), message_id, place))

    @docs.add_reaction
    @idempotent
    def add_reaction(self, request: Request, message_id: UUID, emoji: str) -> Response:
        return _react(request, message_id, emoji, is_on=True)

    @docs.remove_reaction
    @idempotent
    def remove_reaction(self, request: Request, message_id: UUID, emoji: str) -> Response:
        return _react(request, message_id, emoji, is_on=False)

    @docs.follow_thread
    @idempotent
    def follow(self, request: Request, message_id: UUID) -> Response:
        return respond(threads.follow_thread(actor=actor_of(request), message_id=message_id))

    @docs.unfollow_thread
    @idempotent
    def unfollow(self, request: Request, message_id: UUID) -> Response:
        return respond(threads.unfollow_thread(actor=actor_of(request), message_id=message_id))

    @docs.mark_thread_read
    @idempotent
    def mark_read(self, request: Request, message_id: UUID) -> Response:
        body = read_body(serializers.SeqSerializer, request)
        actor = actor_of(request)
        return respond(threads.mark_thread_read(actor=actor, message_id=message_id, **body))

    @docs.list_edits
    def list_edits(self, request: Request, message_id: UUID) -> Response:
        edits = message_selectors.list_edits_for(actor_of(request), message_id)
        views = [EditView(body=each.body, replaced_at=each.replaced_at) for each in edits]
        return respond(EditHistory(edits=views))


def _place(request: Request) -> Place:
    query: dict[str, Any] = read_query(serializers.PlaceQuerySerializer, request)
    return Place(**query)


def _marked(response: Response, *, is_replayed: bool) -> Response:
    if is_replayed:
        response[REPLAYED_HEADER] = "true"
    return response


def _react(request: Request, message_id: UUID, emoji: str, *, is_on: bool) -> Response:
    message = services.set_reaction(
        actor=actor_of(request), message_id=message_id, emoji=emoji, is_on=is_on
    )
    done = "added" if is_on else "removed"
    return respond(ChangedMessage(message=f"Reaction {done} successfully", data=message))
