"""List filters of the moderation admin."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from apikit.ids import first_id_at

SPANS = {
    "hour": ("in the last hour", timedelta(hours=1)),
    "day": ("in the last 24 hours", timedelta(days=1)),
    "week": ("in the last 7 days", timedelta(days=7)),
    "month": ("in the last 30 days", timedelta(days=30)),
}


class ChoiceFilter(admin.SimpleListFilter):
    """A filter that offers one of the conditions that ``choices_by_name`` returns."""

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        """Return the label and condition of each choice, by its value in the query string."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [(name, label) for name, (label, _) in self.choices_by_name().items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        chosen = self.choices_by_name().get(self.value() or "")
        return queryset if chosen is None else queryset.filter(chosen[1])


class CreatedFilter(ChoiceFilter):
    """Filters by creation time through the id, which is indexed and starts with the time."""

    title = "age"
    parameter_name = "made"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        now = timezone.now()
        return {
            name: (label, Q(id__gte=first_id_at(now - span)))
            for name, (label, span) in SPANS.items()
        }


class ActionTimeFilter(ChoiceFilter):
    """Filters the admin log by time; its ids do not start with one."""

    title = "age"
    parameter_name = "done"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        now = timezone.now()
        return {
            name: (label, Q(action_time__gte=now - span)) for name, (label, span) in SPANS.items()
        }


class UserKindFilter(ChoiceFilter):
    title = "kind"
    parameter_name = "kind"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        return {
            "account": ("accounts", Q(is_guest=False)),
            "guest": ("guests", Q(is_guest=True)),
            "staff": ("staff", Q(is_staff=True)),
            "superuser": ("superusers", Q(is_superuser=True)),
        }


class SuspendedFilter(ChoiceFilter):
    title = "suspended"
    parameter_name = "suspended"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        return {"yes": ("yes", Q(is_active=False)), "no": ("no", Q(is_active=True))}


class SignInFilter(ChoiceFilter):
    title = "state"
    parameter_name = "state"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        now = timezone.now()
        return {
            "good": ("good", Q(revoked_at=None, expires_at__gt=now)),
            "ended": ("ended", Q(revoked_at__isnull=False)),
            "expired": ("expired", Q(revoked_at=None, expires_at__lte=now)),
        }
