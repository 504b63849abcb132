"""Deleted polls whose votes are being removed, with the progress."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.moderation.base import ModerationAdmin, mark_text, moment_text, number_text
from accounts.moderation.filters import ChoiceFilter
from polls.models import PollRemoval


class RemovalFilter(ChoiceFilter):
    title = "state"
    parameter_name = "state"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        return {
            "running": ("running", Q(finished_at=None)),
            "finished": ("finished", Q(finished_at__isnull=False)),
        }


@admin.register(PollRemoval)
class PollRemovalAdmin(ModerationAdmin[PollRemoval]):
    """To read only. Finished removals are kept for a week."""

    fields = ("poll_id", "deleted_at", "deleted_by_id", "progress", "finished_at")
    list_display = ("poll_id", "deleted", "state", "progress", "finished")
    list_filter = (RemovalFilter,)
    ordering = ("-deleted_at", "poll_id")
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[PollRemoval]:
        # Those in the future reserve polls that are being imported.
        return super().get_queryset(request).filter(deleted_at__lte=timezone.now())

    @admin.display(description="deleted (UTC)")
    def deleted(self, removal: PollRemoval) -> SafeString:
        return moment_text(removal.deleted_at)

    @admin.display(description="state")
    def state(self, removal: PollRemoval) -> SafeString:
        is_finished = removal.finished_at is not None
        return mark_text("finished", "moderation-good") if is_finished else mark_text("running")

    @admin.display(description="votes removed")
    def progress(self, removal: PollRemoval) -> str:
        removed, total = number_text(removal.removed_count), number_text(removal.vote_count)
        return f"{removed} of {total} ({removal.percent} %)"

    @admin.display(description="finished (UTC)")
    def finished(self, removal: PollRemoval) -> SafeString:
        return moment_text(removal.finished_at)
