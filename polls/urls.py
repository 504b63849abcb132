from django.urls import path

import apikit.routing  # noqa: F401 - registers <id:...>
from polls.host_views import HostViewSet, ParticipationViewSet
from polls.picture_views import PictureViewSet
from polls.views import PollViewSet

urlpatterns = [
    path("pictures", PictureViewSet.as_view({"post": "create"})),
    # First, since it also matches polls/<id>/publish.
    path("polls/code/<str:code>", PollViewSet.as_view({"get": "retrieve_by_code"})),
    path("polls", PollViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "polls/<id:poll_id>",
        PollViewSet.as_view(
            {
                "get": "retrieve",
                "put": "update",
                "patch": "partial_update",
                "delete": "destroy",
            }
        ),
    ),
    path("polls/<id:poll_id>/options", ParticipationViewSet.as_view({"post": "add"})),
    path("polls/<id:poll_id>/my-suggestions", ParticipationViewSet.as_view({"get": "list_own"})),
    path("polls/<id:poll_id>/decisions", HostViewSet.as_view({"get": "read", "post": "decide"})),
    path("polls/<id:poll_id>/texts", HostViewSet.as_view({"get": "list_texts"})),
    path("polls/<id:poll_id>/duplicate", PollViewSet.as_view({"post": "duplicate"})),
    path("polls/<id:poll_id>/publish", PollViewSet.as_view({"put": "publish"})),
    path("polls/<id:poll_id>/close", PollViewSet.as_view({"put": "close"})),
    path("polls/<id:poll_id>/reopen", PollViewSet.as_view({"put": "reopen"})),
]
