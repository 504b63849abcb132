"""The admin log: who did what, and why."""

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin import user_link
from accounts.moderation.base import ModerationAdmin, moment_text
from accounts.moderation.filters import ActionTimeFilter
from accounts.selectors import matching_users
from apikit.searching import found_among_newest
from polling_site.moderation import jobs, removals, schedules  # noqa: F401 - registers pages


@admin.register(LogEntry)
class LogEntryAdmin(ModerationAdmin[LogEntry]):
    """To read only."""

    fields = ("action_time", "staff", "action_flag", "thing", "message")
    list_display = ("when", "staff", "kind", "thing", "message")
    list_filter = ("action_flag", ActionTimeFilter)
    search_fields = ("object_repr", "change_message", "user__email", "user__name")
    search_help_text = "A part of a name, of a reason, or of who did it."
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[LogEntry]:
        return super().get_queryset(request).select_related("user", "content_type")

    def search(self, rows: QuerySet[LogEntry], text: str) -> QuerySet[LogEntry]:
        by_text = found_among_newest(rows, text, "object_repr", "change_message")
        return rows.filter(by_text | matching_users(text, by_email=True, prefix="user__"))

    @admin.display(description="when (UTC)")
    def when(self, entry: LogEntry) -> SafeString:
        return moment_text(entry.action_time)

    @admin.display(description="who")
    def staff(self, entry: LogEntry) -> SafeString:
        return user_link(entry.user)

    @admin.display(description="kind")
    def kind(self, entry: LogEntry) -> str:
        return entry.content_type.name if entry.content_type else ""

    @admin.display(description="what to")
    def thing(self, entry: LogEntry) -> SafeString | str:
        address = None if entry.is_deletion() else entry.get_admin_url()
        if address is None:
            return entry.object_repr
        return format_html('<a href="{}">{}</a>', address, entry.object_repr)

    @admin.display(description="what, and why")
    def message(self, entry: LogEntry) -> str:
        return entry.get_change_message()
