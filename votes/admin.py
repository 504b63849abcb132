"""The read-only admin page of votes."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin import user_link
from accounts.models import User
from accounts.moderation.base import ModerationAdmin, moment_text
from accounts.moderation.filters import CreatedFilter
from accounts.selectors import matching_users
from polls.admin import poll_links
from polls.models import Poll
from polls.removal import has_standing_poll
from polls.selectors import matching_polls
from votes.models import Vote

# The most polls and the most people that a search matches, so that its cost is bounded.
FOUND_MAX = 200


def votes_in(poll: Poll) -> str:
    """The URL of the list of a poll's votes."""
    return f"{reverse('admin:votes_vote_changelist')}?{urlencode({'poll': poll.pk})}"


poll_links.append(("Votes", votes_in))


@admin.register(Vote)
class VoteAdmin(ModerationAdmin[Vote]):
    """Costs the same with millions of votes: sorts and filters by indexed columns.

    A search finds polls and people first, then their votes. The list takes two queries more than
    other pages, a search another two.
    """

    fields = ("poll_shown", "option", "voter", "rank", "created_at", "updated_at")
    list_display = ("made", "poll_shown", "option", "voter", "changed")
    list_filter = (CreatedFilter,)
    lookups = frozenset({"poll", "user", "option"})
    ordering = ("-id",)
    search_fields = ("poll", "user")
    search_help_text = "A join code, or a part of a question, of a voter's name or email."
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Vote]:
        votes = super().get_queryset(request).filter(has_standing_poll())
        return votes.select_related("poll", "option", "user")

    def search(self, rows: QuerySet[Vote], text: str) -> QuerySet[Vote]:
        polls = Poll.objects.filter(matching_polls(text))
        users = User.objects.filter(matching_users(text, by_email=True))
        return rows.filter(Q(poll__in=_some(polls)) | Q(user__in=_some(users)))

    @admin.display(description="created (UTC)")
    def made(self, vote: Vote) -> SafeString:
        return moment_text(vote.created_at)

    @admin.display(description="changed (UTC)")
    def changed(self, vote: Vote) -> SafeString:
        return moment_text(vote.updated_at if vote.updated_at != vote.created_at else None)

    @admin.display(description="poll")
    def poll_shown(self, vote: Vote) -> SafeString:
        address = reverse("admin:polls_poll_change", args=[vote.poll_id])
        return format_html('<a href="{}">{}</a>', address, vote.poll.question)

    @admin.display(description="voter")
    def voter(self, vote: Vote) -> SafeString:
        return user_link(vote.user)


def _some(rows: "QuerySet[Any]") -> list[Any]:
    return list(rows.order_by("-id").values_list("id", flat=True)[:FOUND_MAX])
