"""Filters of the list of polls in the admin."""

from django.db.models import Q
from django.utils import timezone

from accounts.moderation.filters import ChoiceFilter
from polls.models import PollState
from polls.selectors import in_state


class StateFilter(ChoiceFilter):
    """Filters by ``lifecycle.state_at``: a poll past its deadline is closed."""

    title = "state"
    parameter_name = "state"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        now = timezone.now()
        states = {
            str(state): (str(state.label).lower(), in_state(state, now)) for state in PollState
        }
        waiting = Q(state=PollState.OPEN, opens_at__gt=now)
        return {**states, "waiting": ("opens later", waiting)}


class HiddenFilter(ChoiceFilter):
    title = "hidden"
    parameter_name = "hidden"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        return {"yes": ("yes", Q(hidden_at__isnull=False)), "no": ("no", Q(hidden_at=None))}
