"""Polls in the admin."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.template.defaultfilters import pluralize
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from accounts.admin import user_link
from accounts.moderation.base import ModerationAdmin, actor_of, mark_text, moment_text, number_text
from accounts.moderation.filters import CreatedFilter
from accounts.selectors import matching_users
from polls import host_admin, picture_admin, report_admin
from polls.admin_actions import (
    close_polls,
    delete_selected,
    hide_polls,
    publish_polls,
    reopen_polls,
    restore_polls,
)
from polls.admin_filters import HiddenFilter, StateFilter
from polls.admin_forms import NewPollForm, PollEditForm
from polls.editing import update_poll
from polls.errors import PollNotFoundError
from polls.lifecycle import has_opened, state_at
from polls.models import Option, Poll, PollState
from polls.option_admin import OptionInline, is_locked
from polls.reports import get_turnout_report
from polls.selectors import matching_polls
from polls.services import create_poll
from polls.wording import earlier_questions
from workspaces.admin import project_links
from workspaces.admin_parts import list_of, project_link, workspace_link
from workspaces.space_admin import workspace_links

# Links that apps above add to a poll's page: label and URL.
poll_links: list[tuple[str, Callable[[Poll], str]]] = []

project_links.append(("Polls", lambda project: list_of("polls_poll", project=project.pk)))
workspace_links.append(("Polls", lambda space: list_of("polls_poll", workspace=space.pk)))


@admin.register(Poll)
class PollAdmin(ModerationAdmin[Poll]):
    """Lists polls with two queries besides those of every page: the rows with their creators and
    counts, and the number of rows. The page of a poll takes three: the poll, its options, and
    whether another poll has its join code."""

    actions = (
        publish_polls,
        close_polls,
        reopen_polls,
        hide_polls,
        restore_polls,
        delete_selected,
    )
    add_form = NewPollForm
    edit_form = PollEditForm
    inlines = (OptionInline,)
    lookups = frozenset({"creator", "project", "workspace"})
    list_display = (
        "question",
        "state_shown",
        "creator_shown",
        "project_shown",
        "ballots",
        "total_votes",
        "join_code",
        "made",
    )
    list_filter = (StateFilter, HiddenFilter, "kind", "results_visibility", CreatedFilter)
    search_fields = ("question", "join_code", "creator__email", "creator__name")
    search_help_text = (
        "Part of the question, the join code, or the creator's name or email address."
    )
    sortable_by = ("question", "ballots", "total_votes", "made")

    # Permissions

    def has_add_permission(self, request: HttpRequest) -> bool:
        return True

    def has_change_permission(self, request: HttpRequest, obj: Poll | None = None) -> bool:
        return True

    def has_delete_permission(self, request: HttpRequest, obj: Poll | None = None) -> bool:
        return True

    def view_on_site(self, obj: Poll) -> str:
        """Return the voting page, or the page of results if another poll has the same join code."""
        if Poll.objects.filter(join_code=obj.join_code).exclude(pk=obj.pk).exists():
            return f"/manage/{obj.pk}"
        return f"/p/{obj.join_code}"

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[Poll]:
        options = Option.objects.filter(poll=OuterRef("pk")).order_by().values("poll")
        total = Subquery(options.annotate(sum=Sum("vote_count")).values("sum"))
        polls = super().get_queryset(request).select_related("creator", "project", "workspace")
        return polls.annotate(total=Coalesce(total, 0))

    def search(self, rows: QuerySet[Poll], text: str) -> QuerySet[Poll]:
        by_creator = matching_users(text, by_email=True, prefix="creator__")
        return rows.filter(matching_polls(text) | by_creator)

    @admin.display(description="state")
    def state_shown(self, poll: Poll) -> SafeString:
        now = timezone.now()
        state = state_at(poll, now)
        is_waiting = state == PollState.OPEN and not has_opened(poll, now)
        look = {PollState.OPEN: "moderation-good", PollState.DRAFT: "moderation-quiet"}.get(
            state, ""
        )
        label = "opens later" if is_waiting else state.label
        shown = mark_text(label, look)
        if poll.hidden_at is None:
            return shown
        mark = '{} <span class="moderation-mark moderation-bad" title="{}">hidden</span>'
        return format_html(mark, shown, poll.hidden_reason)

    @admin.display(description="creator")
    def creator_shown(self, poll: Poll) -> SafeString:
        return user_link(poll.creator)

    @admin.display(description="project")
    def project_shown(self, poll: Poll) -> SafeString:
        return SafeString("") if poll.project is None else project_link(poll.project)

    @admin.display(description="workspace")
    def workspace_shown(self, poll: Poll) -> SafeString:
        return SafeString("") if poll.workspace is None else workspace_link(poll.workspace)

    @admin.display(description="ballots", ordering="ballot_count")
    def ballots(self, poll: Poll) -> str:
        return number_text(poll.ballot_count)

    @admin.display(description="votes", ordering="total")
    def total_votes(self, poll: Poll) -> str:
        total: int = poll.total  # type: ignore[attr-defined]  # see get_queryset
        return number_text(total)

    @admin.display(description="created (UTC)", ordering="id")
    def made(self, poll: Poll) -> SafeString:
        return moment_text(poll.created_at)

    @admin.display(description="earlier questions")
    def earlier_questions_shown(self, poll: Poll) -> str:
        """Each earlier question that people voted on, when it was replaced, and by whom."""
        return format_html_join(
            mark_safe("<br>"),
            "{}, until {}, by {}",
            (
                (record["question"], moment_text(earlier.replaced_at), record["editorId"])
                for record, earlier in zip(
                    poll.earlier_questions, earlier_questions(poll), strict=True
                )
            ),
        )

    # The change form

    def get_fieldsets(self, request: HttpRequest, obj: Poll | None = None) -> Any:
        voting = ("kind", "max_choices", "allow_change", "results_visibility")
        times = ("opens_at", "closes_at")
        if obj is None:
            return [
                (None, {"fields": ("question",)}),
                ("Voting", {"fields": voting}),
                ("Times", {"fields": (*times, "is_published")}),
            ]
        standing = ("state_shown", ("ballots", "total_votes"), ("creator_shown", "join_code"))
        team = () if obj.project_id is None else (("project_shown", "workspace_shown"),)
        hiding = ("hidden_at", "hidden_reason", "hidden_message")
        hidden = hiding if obj.hidden_at is not None else ()
        edited = ("earlier_questions_shown",) if obj.earlier_questions else ()
        past = (("opened_at", "closed_at"), ("created_at", "updated_at"))
        return [
            (None, {"fields": ("question", *edited, *standing, *team, *hidden, "revision")}),
            ("Voting", {"fields": voting}),
            ("Times", {"fields": (*times, *past)}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Poll | None = None) -> Any:
        if obj is None:
            return ()
        return (
            "state_shown",
            "earlier_questions_shown",
            "ballots",
            "total_votes",
            "creator_shown",
            "project_shown",
            "workspace_shown",
            "join_code",
            "hidden_at",
            "hidden_reason",
            "hidden_message",
            "opened_at",
            "closed_at",
            "created_at",
            "updated_at",
            *(("kind", "max_choices") if is_locked(request, obj) else ()),
        )

    def get_changeform_initial_data(self, request: HttpRequest) -> Any:
        return {"max_choices": None}

    def links_for(self, request: HttpRequest, obj: Poll) -> list[tuple[str, str]]:
        turnout = reverse("admin:polls_poll_report", args=[obj.pk])
        links = [(turnout, "Turnout"), (report_admin.reports_of(obj), "Reports")]
        links += host_admin.links_of(obj)
        links.append((picture_admin.pictures_of(obj), "Pictures"))
        return [*links, *((address(obj), name) for name, address in poll_links)]

    def fitting_actions(self, request: HttpRequest, obj: Poll) -> list[str]:
        move = {
            PollState.DRAFT: "publish_polls",
            PollState.OPEN: "close_polls",
            PollState.CLOSED: "reopen_polls",
        }[state_at(obj, timezone.now())]
        sight = "hide_polls" if obj.hidden_at is None else "restore_polls"
        return [move, sight]

    def describe(self, obj: Poll) -> str:
        state = state_at(obj, timezone.now())
        ballots = f"{number_text(obj.ballot_count)} ballot{pluralize(obj.ballot_count)}"
        return f"{state}, by {obj.creator}, {ballots}"

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        (options,) = formsets
        actor = actor_of(request)
        if not change:
            texts = [edit.text for edit in options.edits()]
            poll = create_poll(actor=actor, options=texts, **form.cleaned_data)
            form.instance.pk = poll.pk
            return
        changes = form.changes()
        if not is_locked(request, form.instance) and options.has_changed():
            changes["options"] = options.edits()
        update_poll(
            actor=actor,
            poll_id=form.instance.pk,
            changes=changes,
            expected_revisions={form.cleaned_data["revision"]},
        )

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: Any = None
    ) -> Any:
        if add:
            return "Created."
        changed = [
            f"{name}: {form.initial.get(name)} → {value}." for name, value in form.changes().items()
        ]
        (options,) = formsets
        if not is_locked(request, form.instance) and options.has_changed():
            texts = " / ".join(edit.text for edit in options.edits())
            changed.append(f"options: {texts}.")
        return " ".join(changed)

    # The report

    def get_urls(self) -> list[URLPattern]:
        report = self.admin_site.admin_view(self.report_view)
        return [
            path("<uuid:poll_id>/report/", report, name="polls_poll_report"),
            *super().get_urls(),
        ]

    def report_view(self, request: HttpRequest, poll_id: UUID) -> HttpResponse:
        """Show the turnout of a poll; see ``get_turnout_report`` for its three queries."""
        try:
            report = get_turnout_report(actor_of(request), poll_id)
        except PollNotFoundError as error:
            raise Http404 from error
        context = {
            **self.admin_site.each_context(request),
            "title": "Turnout",
            "subtitle": str(report.poll),
            "opts": self.opts,
            "media": self.media,
            "report": report,
            "poll": report.poll,
            "state": self.state_shown(report.poll),
            "creator": user_link(report.poll.creator),
        }
        return TemplateResponse(request, "admin/polls/poll/report.html", context)
