from channels.routing import URLRouter
from django.urls import path

from bench.baselines.tutorial.consumers import PollConsumer
from bench.baselines.tutorial.views import ResultsView, VoteView

urlpatterns = [
    path("api/polls/<uuid:poll_id>/results", ResultsView.as_view()),
    path("api/polls/<uuid:poll_id>/vote", VoteView.as_view()),
]
sockets = URLRouter([path("ws/polls/<uuid:poll_id>/", PollConsumer.as_asgi())])
