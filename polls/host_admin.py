"""Suggestions, options of participants and decisions of hosts in the admin."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin import user_link
from accounts.moderation.actions import ObjectAction, run_for_each
from accounts.moderation.base import ModerationAdmin, mark_text, moment_text
from accounts.moderation.filters import ChoiceFilter, CreatedFilter
from apikit.actors import Actor
from polls.host_decisions import decide
from polls.host_models import DecisionGroup, HostDecision, Suggestion, Verdict
from polls.host_wire import HostAction, HostChoice
from polls.models import Option, Poll
from polls.removal import has_standing_poll
from polls.selectors import matching_polls


def poll_link(poll: Poll) -> SafeString:
    address = reverse("admin:polls_poll_change", args=[poll.pk])
    return format_html('<a href="{}">{}</a>', address, poll.question)


def links_of(poll: Poll) -> list[tuple[str, str]]:
    """Return links to the lists of what participants and hosts of a poll did, with their names."""
    names = {"suggestion": "Suggestions", "hostdecision": "Decisions of hosts"}
    query = urlencode({"poll": poll.pk})
    return [
        (f"{reverse(f'admin:polls_{model}_changelist')}?{query}", name)
        for model, name in names.items()
    ]


class VerdictFilter(ChoiceFilter):
    title = "decision"
    parameter_name = "verdict"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        return {str(each): (str(each.label).lower(), Q(verdict=each)) for each in Verdict}


class RemovedFilter(ChoiceFilter):
    title = "state"
    parameter_name = "state"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        return {
            "shown": ("shown", Q(removed_at=None)),
            "removed": ("removed", Q(removed_at__isnull=False)),
        }


class _HostAdmin(ModerationAdmin[Any]):
    """Rows that a host decides about; a moderator may decide in the host's place."""

    lookups = frozenset({"poll"})
    ordering = ("-id",)
    sortable_by = ()
    search_help_text = "A part of the question, or the join code."
    search_fields = ("poll__question", "poll__join_code")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # The rows are read-only; seeing the list is enough to decide.
        return obj is None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.filter(has_standing_poll()).select_related("poll")

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        return rows.filter(matching_polls(text, "poll__"))

    @admin.display(description="poll")
    def poll_shown(self, row: Any) -> SafeString:
        return poll_link(row.poll)

    def decide_all(
        self, request: HttpRequest, rows: QuerySet[Any], action: HostAction, outcome: str
    ) -> None:
        """Decide about each of the selected rows."""

        def run(actor: Actor, row: Any) -> bool:
            return decide(
                actor=actor,
                poll_id=row.poll_id,
                choice=HostChoice(action=action, **self.subject_of(row)),
            ).changed

        run_for_each(self, request, rows, ObjectAction(run=run, outcome=outcome))

    def subject_of(self, row: Any) -> dict[str, Any]:
        """Return what a decision about a row is about."""
        raise NotImplementedError


@admin.register(Suggestion)
class SuggestionAdmin(_HostAdmin):
    """Options that wait for a host."""

    actions = ("approve", "refuse")
    fields = ("text", "poll_shown", "author_shown", "created_at")
    list_display = ("made", "text", "poll_shown", "author_shown")
    list_filter = (CreatedFilter,)
    lookups = frozenset({"poll", "author"})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("author")

    def subject_of(self, row: Any) -> dict[str, Any]:
        return {"suggestion_id": row.pk}

    @admin.display(description="suggested (UTC)")
    def made(self, suggestion: Suggestion) -> SafeString:
        return moment_text(suggestion.created_at)

    @admin.display(description="author")
    def author_shown(self, suggestion: Suggestion) -> SafeString | str:
        author = suggestion.author
        return "unknown, imported from an archive" if author is None else user_link(author)

    @admin.action(description="Approve")
    def approve(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        self.decide_all(request, rows, "approve", "approved")

    @admin.action(description="Refuse")
    def refuse(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        self.decide_all(request, rows, "refuse", "refused")


@admin.register(Option)
class OptionAdmin(_HostAdmin):
    """Options that participants have added, also removed ones."""

    actions = ("remove", "restore")
    fields = ("text", "poll_shown", "author_shown", "added_at", "removed_at", "vote_count")
    list_display = ("made", "text", "poll_shown", "author_shown", "state_shown")
    list_filter = (RemovedFilter,)
    lookups = frozenset({"poll", "added_by"})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = Option.with_removed.exclude(added_at=None).order_by("-id")
        return rows.filter(has_standing_poll()).select_related("poll", "added_by")

    def subject_of(self, row: Any) -> dict[str, Any]:
        return {"option_id": row.pk}

    @admin.display(description="added (UTC)")
    def made(self, option: Option) -> SafeString:
        return moment_text(option.added_at)

    @admin.display(description="author")
    def author_shown(self, option: Option) -> SafeString | str:
        return "" if option.added_by is None else user_link(option.added_by)

    @admin.display(description="state")
    def state_shown(self, option: Option) -> SafeString:
        if option.removed_at is not None:
            return mark_text("removed", "moderation-bad")
        return mark_text("shown", "moderation-quiet")

    @admin.action(description="Remove")
    def remove(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        self.decide_all(request, rows, "remove", "removed")

    @admin.action(description="Restore")
    def restore(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        self.decide_all(request, rows, "restore", "restored")


@admin.register(HostDecision)
class HostDecisionAdmin(_HostAdmin):
    """What hosts have decided about texts and words."""

    actions = ("undo",)
    fields = (
        "group",
        "key",
        "verdict",
        "target_text",
        "poll_shown",
        "decided_at",
        "decided_by",
    )
    list_display = ("made", "key", "verdict", "target_text", "poll_shown")
    list_filter = (VerdictFilter,)
    lookups = frozenset({"poll", "decided_by"})

    def subject_of(self, row: Any) -> dict[str, Any]:
        return {"text" if row.group == DecisionGroup.TEXT else "word": row.key}

    @admin.display(description="decided (UTC)")
    def made(self, decision: HostDecision) -> SafeString:
        return moment_text(decision.decided_at)

    @admin.action(description="Undo")
    def undo(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        self.decide_all(request, rows, "restore", "undone")
