from django.urls import path

import apikit.routing  # noqa: F401 - registers <id:...>
from votes.views import BallotViewSet, CalendarViewSet, ExportViewSet, VoteViewSet

urlpatterns = [
    path("polls/<id:poll_id>/vote", BallotViewSet.as_view({"post": "cast"})),
    path(
        "polls/<id:poll_id>/my-vote",
        VoteViewSet.as_view({"get": "read_own", "delete": "retract"}),
    ),
    path("polls/<id:poll_id>/results", VoteViewSet.as_view({"get": "read_results"})),
    path("polls/<id:poll_id>/timeline", VoteViewSet.as_view({"get": "read_timeline"})),
    path("polls/<id:poll_id>/export", ExportViewSet.as_view({"get": "export"})),
    path("polls/<id:poll_id>/calendar.ics", CalendarViewSet.as_view({"get": "export"})),
    path("votes", BallotViewSet.as_view({"post": "cast_for_option"})),
    path("votes/my-votes", VoteViewSet.as_view({"get": "list_own"})),
]
