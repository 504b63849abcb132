"""The room endpoints."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from apikit.actors import Actor
from apikit.idempotency import idempotent
from apikit.pagination import page_of
from apikit.views import ApiViewSet, actor_of, read_body, read_query, respond
from apikit.wire import Done
from chat import docs, member_selectors, memberships, project_rooms, rooms, selectors, serializers
from chat.models import MemberRole, Membership, Room, RoomKind
from chat.read_markers import view_marker
from chat.wire import ChangedMember, ChangedRoom, MemberList, OneRoom, RoomList


class RoomViewSet(ApiViewSet):
    """Listing, creating, changing and deleting rooms."""

    @docs.list_rooms
    def list(self, request: Request) -> Response:
        actor = actor_of(request)
        query = read_query(serializers.RoomQuerySerializer, request)
        narrow = selectors.RoomFilter(
            kind=RoomKind(query["kind"]) if "kind" in query else None,
            is_member=query.get("is_member"),
            is_invited=query.get("is_invited"),
            search=query.get("search", ""),
        )
        rows, pagination = page_of(selectors.list_rooms_for(actor, narrow), query)
        return respond(RoomList(rooms=selectors.view_rooms(rows, actor), pagination=pagination))

    @docs.create_room
    @idempotent
    def create(self, request: Request) -> Response:
        actor = actor_of(request)
        actor.account_id()
        body = read_body(serializers.RoomCreateSerializer, request)
        room = rooms.create_room(actor=actor, **body)
        return _changed(actor, room, "created", 201)

    @docs.get_room
    def retrieve(self, request: Request, room_id: UUID) -> Response:
        return respond(OneRoom(room=selectors.view_room(room_id, actor_of(request))))

    @docs.get_lobby
    def retrieve_lobby(self, request: Request) -> Response:
        lobby = rooms.open_lobby()
        return respond(OneRoom(room=selectors.view_room(lobby.id, actor_of(request))))

    @docs.get_poll_room
    def retrieve_of_poll(self, request: Request, poll_id: UUID) -> Response:
        actor = actor_of(request)
        room = rooms.open_poll_room(actor=actor, poll_id=poll_id)
        return respond(OneRoom(room=selectors.view_room(room.id, actor)))

    @docs.get_project_room
    def retrieve_of_project(self, request: Request, project_id: UUID) -> Response:
        actor = actor_of(request)
        room = project_rooms.open_project_room(actor=actor, project_id=project_id)
        return respond(OneRoom(room=selectors.view_room(room.id, actor)))

    @docs.open_direct_room
    @idempotent
    def open_direct(self, request: Request) -> Response:
        actor = actor_of(request)
        actor.account_id()
        body = read_body(serializers.PersonSerializer, request)
        room, is_new = rooms.open_direct_room(actor=actor, **body)
        return _changed(actor, room, "opened", 201 if is_new else 200)

    @docs.update_room
    @idempotent
    def partial_update(self, request: Request, room_id: UUID) -> Response:
        actor = actor_of(request)
        changes = read_body(serializers.RoomChangeSerializer, request)
        room = rooms.update_room(actor=actor, room_id=room_id, **changes)
        return _changed(actor, room, "updated")

    @docs.delete_room
    @idempotent
    def destroy(self, request: Request, room_id: UUID) -> Response:
        rooms.delete_room(actor=actor_of(request), room_id=room_id)
        return respond(Done(message="Room deleted successfully"))


class MemberViewSet(ApiViewSet):
    """Joining and leaving rooms, inviting and moderating their members."""

    @docs.join_room
    @idempotent
    def join(self, request: Request, room_id: UUID) -> Response:
        actor = actor_of(request)
        membership = memberships.join_room(actor=actor, room_id=room_id)
        return _changed(actor, membership.room, "joined")

    @docs.leave_room
    @idempotent
    def leave(self, request: Request, room_id: UUID) -> Response:
        memberships.leave_room(actor=actor_of(request), room_id=room_id)
        return respond(Done(message="Room left successfully"))

    @docs.list_members
    def list(self, request: Request, room_id: UUID) -> Response:
        actor = actor_of(request)
        query = read_query(serializers.MemberQuerySerializer, request)
        standing = selectors.get_readable(actor, room_id)
        members: QuerySet[Any] = member_selectors.list_members_in(
            standing, are_all=query["are_all"]
        )
        rows, pagination = page_of(members, query)
        views = member_selectors.view_members(rows, standing)
        return respond(MemberList(members=views, pagination=pagination))

    @docs.update_member
    @idempotent
    def update(self, request: Request, room_id: UUID, user_id: UUID) -> Response:
        body = read_body(serializers.MemberChangeSerializer, request)
        if "role" in body:
            body["role"] = MemberRole(body["role"])
        membership = memberships.moderate_member(
            actor=actor_of(request),
            room_id=room_id,
            user_id=user_id,
            change=memberships.MemberChange(**body),
        )
        return _changed_member(membership, "Member updated successfully")

    @docs.remove_member
    @idempotent
    def destroy(self, request: Request, room_id: UUID, user_id: UUID) -> Response:
        memberships.remove_member(actor=actor_of(request), room_id=room_id, user_id=user_id)
        return respond(Done(message="Member removed successfully"))

    @docs.invite_user
    @idempotent
    def invite(self, request: Request, room_id: UUID) -> Response:
        actor = actor_of(request)
        actor.account_id()
        body = read_body(serializers.PersonSerializer, request)
        membership = memberships.invite_user(actor=actor, room_id=room_id, **body)
        return _changed_member(membership, "Invitation sent successfully", 201)

    @docs.mark_read
    @idempotent
    def mark_read(self, request: Request, room_id: UUID) -> Response:
        actor = actor_of(request)
        body = read_body(serializers.SeqSerializer, request)
        membership = memberships.mark_read(actor=actor, room_id=room_id, **body)
        return respond(view_marker(membership, actor))


def _changed(actor: Actor, room: Room, done: str, status: int = 200) -> Response:
    view = selectors.view_room(room.id, actor)
    return respond(ChangedRoom(message=f"Room {done} successfully", room=view), status)


def _changed_member(membership: Membership, message: str, status: int = 200) -> Response:
    shown = member_selectors.as_moderated(membership)
    member = member_selectors.view_member(shown, is_for_moderator=True)
    return respond(ChangedMember(message=message, member=member), status)
