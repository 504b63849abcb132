"""Filters of the lists of rooms, messages and members in the admin."""

from django.db.models import Q
from django.utils import timezone

from accounts.moderation.filters import ChoiceFilter
from chat.models import MessageKind, RoomKind
from chat.selectors import IS_INVITED, IS_MEMBER


class RoomKindFilter(ChoiceFilter):
    title = "kind"
    parameter_name = "kind"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        kinds = [each for each in RoomKind if each != RoomKind.DIRECT]
        return {str(each): (str(each.label).lower(), Q(kind=each)) for each in kinds}


class HiddenFilter(ChoiceFilter):
    title = "hidden"
    parameter_name = "hidden"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        return {"yes": ("yes", Q(hidden_at__isnull=False)), "no": ("no", Q(hidden_at=None))}


class MessageKindFilter(ChoiceFilter):
    title = "kind"
    parameter_name = "kind"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        return {
            "text": ("of people", Q(kind=MessageKind.TEXT)),
            "system": ("of the system", Q(kind=MessageKind.SYSTEM)),
        }


class RemovedFilter(ChoiceFilter):
    title = "removed"
    parameter_name = "removed"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        return {"yes": ("yes", Q(deleted_at__isnull=False)), "no": ("no", Q(deleted_at=None))}


class StandingFilter(ChoiceFilter):
    title = "standing"
    parameter_name = "standing"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        return {
            "member": ("member", IS_MEMBER),
            "invited": ("invited", IS_INVITED),
            "muted": ("muted", Q(muted_until__gt=timezone.now())),
            "banned": ("banned", Q(banned_at__isnull=False)),
        }
