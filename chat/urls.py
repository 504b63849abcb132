from django.urls import path

import apikit.routing  # noqa: F401 - registers <id:...>
from chat.message_views import MessageViewSet, PostingViewSet
from chat.views import MemberViewSet, RoomViewSet

urlpatterns = [
    path("polls/<id:poll_id>/room", RoomViewSet.as_view({"get": "retrieve_of_poll"})),
    path("projects/<id:project_id>/room", RoomViewSet.as_view({"get": "retrieve_of_project"})),
    path("rooms", RoomViewSet.as_view({"get": "list", "post": "create"})),
    # First, since rooms/<id> also matches them.
    path("rooms/lobby", RoomViewSet.as_view({"get": "retrieve_lobby"})),
    path("rooms/direct", RoomViewSet.as_view({"post": "open_direct"})),
    path(
        "rooms/<id:room_id>",
        RoomViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
    path("rooms/<id:room_id>/join", MemberViewSet.as_view({"post": "join"})),
    path("rooms/<id:room_id>/leave", MemberViewSet.as_view({"delete": "leave"})),
    path("rooms/<id:room_id>/members", MemberViewSet.as_view({"get": "list"})),
    path(
        "rooms/<id:room_id>/members/<id:user_id>",
        MemberViewSet.as_view({"put": "update", "delete": "destroy"}),
    ),
    path("rooms/<id:room_id>/invitations", MemberViewSet.as_view({"post": "invite"})),
    path("rooms/<id:room_id>/read", MemberViewSet.as_view({"put": "mark_read"})),
    # The lobby's older routes, and sending to any room.
    path("messages", PostingViewSet.as_view({"get": "list_lobby", "post": "post"})),
    path("send", PostingViewSet.as_view({"post": "send_to_lobby"})),
    path("messages/search", MessageViewSet.as_view({"get": "search"})),
    path(
        "messages/<id:room_or_message_id>",
        MessageViewSet.as_view({"get": "list", "put": "update", "delete": "destroy"}),
    ),
    path("messages/<id:message_id>/replies", MessageViewSet.as_view({"get": "list_replies"})),
    path(
        "messages/<id:message_id>/reactions/<str:emoji>",
        MessageViewSet.as_view({"put": "add_reaction", "delete": "remove_reaction"}),
    ),
    path(
        "messages/<id:message_id>/follow",
        MessageViewSet.as_view({"post": "follow", "delete": "unfollow"}),
    ),
    path("messages/<id:message_id>/read", MessageViewSet.as_view({"put": "mark_read"})),
    path("messages/<id:message_id>/edits", MessageViewSet.as_view({"get": "list_edits"})),
]
