"""The options on the admin page of a poll: editable until somebody has voted."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from polls.admin_forms import OptionForm, OptionFormSet
from polls.models import MAX_OPTIONS, Option, Poll

if TYPE_CHECKING:
    _Inline = admin.TabularInline[Option, Poll]
else:
    _Inline = admin.TabularInline


def is_locked(request: HttpRequest, poll: Poll | None) -> bool:
    """Return whether options and kind are read-only, which they are once somebody has voted.

    Not for a submitted form that still has the fields: the service has to refuse its changes.
    """
    return poll is not None and poll.has_votes and "kind" not in request.POST


class OptionInline(_Inline):
    model = Option
    form = OptionForm
    formset: Any = OptionFormSet
    max_num = MAX_OPTIONS
    ordering = ("position",)
    verbose_name_plural = "options"

    def get_extra(self, request: HttpRequest, obj: Poll | None = None, **options: Any) -> int:
        return 4 if obj is None else 0

    def get_fields(self, request: HttpRequest, obj: Poll | None = None) -> Any:
        if obj is None:
            return ("text",)
        return ("text", "votes") if is_locked(request, obj) else ("place", "text", "votes")

    def get_readonly_fields(self, request: HttpRequest, obj: Poll | None = None) -> Any:
        return () if obj is None else ("votes",)

    def has_view_permission(self, request: HttpRequest, obj: Poll | None = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Poll | None = None) -> bool:
        return not is_locked(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Poll | None = None) -> bool:
        return not is_locked(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Poll | None = None) -> bool:
        return not is_locked(request, obj)

    @admin.display(description="votes")
    def votes(self, option: Option) -> int:
        return option.vote_count
