"""Counts polls, for profiles and lists."""

from uuid import UUID

from django.db.models import Count, OuterRef, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from polls.models import Poll


def count_polls_of(user_id: UUID) -> int:
    """Count the polls of a user, including drafts."""
    return Poll.objects.filter(creator_id=user_id).count()


def polls_per_user() -> Combinable:
    """Return :func:`count_polls_of` as an expression for queries of users."""
    polls = Poll.objects.filter(creator=OuterRef("pk")).order_by().values("creator")
    return Coalesce(Subquery(polls.annotate(count=Count("pk")).values("count")), 0)
