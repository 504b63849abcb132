from django.urls import path

from votes.views import BallotViewSet, ExportViewSet, VoteViewSet

urlpatterns = [
    path("polls/<uuid:poll_id>/vote", BallotViewSet.as_view({"post": "cast"})),
    path(
        "polls/<uuid:poll_id>/my-vote",
        VoteViewSet.as_view({"get": "read_own", "delete": "retract"}),
    ),
    path("polls/<uuid:poll_id>/results", VoteViewSet.as_view({"get": "read_results"})),
    path("polls/<uuid:poll_id>/timeline", VoteViewSet.as_view({"get": "read_timeline"})),
    path("polls/<uuid:poll_id>/export", ExportViewSet.as_view({"get": "export"})),
    path("votes", BallotViewSet.as_view({"post": "cast_for_option"})),
    path("votes/my-votes", VoteViewSet.as_view({"get": "list_own"})),
]
