from django.urls import path

import apikit.routing  # noqa: F401 - registers <id:...>
from chat.views import MemberViewSet, RoomViewSet

urlpatterns = [
    path("polls/<id:poll_id>/room", RoomViewSet.as_view({"get": "retrieve_of_poll"})),
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
]
