"""The forms of all kinds, in the order in which pages list the kinds."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise

from polls.kind_settings import complete_settings
from polls.models import Poll, PollKind
from web.forms.kinds.base import Asked, KindForm
from web.forms.kinds.choices import MultipleForm, QuestionsForm, SingleForm
from web.forms.kinds.dates import DatesForm
from web.forms.kinds.numbers import NumericForm, PointsForm
from web.forms.kinds.ranking import RankingForm
from web.forms.kinds.rating import RatingForm
from web.forms.kinds.words import HotspotForm, OpenTextForm, WordCloudForm

KIND_FORMS: Mapping[str, type[KindForm]] = MappingProxyType(
    {
        form.kind.value: form
        for form in (
            SingleForm,
            MultipleForm,
            RankingForm,
            RatingForm,
            PointsForm,
            DatesForm,
            NumericForm,
            WordCloudForm,
            OpenTextForm,
            QuestionsForm,
            HotspotForm,
        )
    }
)
KIND_CHOICES: list[tuple[str, str | Promise]] = [
    (kind, form.name) for kind, form in KIND_FORMS.items()
]


def kind_name(kind: str) -> str:
    """Returns the name of a kind in the current language."""
    return str(KIND_FORMS[kind].name)


def describe_kind(
    kind: str, settings: Mapping[str, Any], max_choices: int, options: int
) -> list[str]:
    """Returns sentences about what voters do; ``settings`` as stored."""
    complete = complete_settings(PollKind(kind), settings)
    return KIND_FORMS[kind].describe(Asked(complete, max_choices, options))


def describe_poll(poll: Poll) -> list[str]:
    """Returns sentences about what voters do in a poll whose options are prefetched."""
    return describe_kind(poll.kind, poll.settings, poll.max_choices, len(poll.options.all()))
