from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db.models import Count
from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bench.baselines.tutorial.models import Option, Poll, Vote


def describe(poll: Poll) -> dict[str, Any]:
    options = poll.options.annotate(vote_count=Count("votes")).order_by("position")
    total = sum(option.vote_count for option in options)
    return {
        "id": str(poll.id),
        "question": poll.question,
        "totalVotes": total,
        "options": [
            {
                "id": str(option.id),
                "text": option.text,
                "voteCount": option.vote_count,
                "percentage": round(option.vote_count / total * 100, 1) if total else 0,
            }
            for option in options
        ],
    }


class ResultsView(APIView):
    def get(self, request: Request, poll_id: UUID) -> Response:
        return Response({"poll": describe(get_object_or_404(Poll, id=poll_id))})


class VoteView(APIView):
    def post(self, request: Request, poll_id: UUID) -> Response:
        poll = get_object_or_404(Poll, id=poll_id, is_published=True)
        option = get_object_or_404(Option, id=request.data["pollOptionId"], poll=poll)
        vote = Vote.objects.filter(user_id=request.user.id, option__poll=poll).first()
        if vote is None:
            vote = Vote(user_id=request.user.id)
        vote.option = option
        vote.save()
        async_to_sync(get_channel_layer().group_send)(
            f"poll_{poll.id}", {"type": "poll.update", "poll": describe(poll)}
        )
        return Response({"vote": {"id": vote.id, "pollOptionId": option.id}}, status=201)
