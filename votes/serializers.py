"""Request serializers of the vote endpoints."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from apikit.serializers import (
    BoundedListField,
    ChoiceField,
    IdField,
    StrictIntegerField,
    StrictNumberField,
    StrictSerializer,
)
from polls.kinds.base import SENT_TEXT_MAX_CHARS, SentAnswer
from polls.models import MAX_OPTIONS
from votes.errors import EITHER
from votes.exports import ExportFormat
from votes.timeline import DEFAULT_POINTS, MAX_POINTS, MIN_POINTS


class RawTextField(serializers.CharField):
    """A JSON string, as it is."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_blank": True, "trim_whitespace": False, **options})

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class AnswerSerializer(StrictSerializer):
    """An answer; which fields it has depends on the kind of the poll."""

    optionId = IdField(source="option_id", required=False)
    rank = StrictIntegerField(required=False)
    score = StrictIntegerField(required=False)
    number = StrictNumberField(required=False)
    # Checked by the kind, with its own limit.
    text = RawTextField(required=False, max_length=SENT_TEXT_MAX_CHARS)
    x = StrictNumberField(required=False)
    y = StrictNumberField(required=False)

    def to_internal_value(self, data: Any) -> SentAnswer:
        return SentAnswer(**super().to_internal_value(data))


class VoteSerializer(StrictSerializer):
    """Exactly one of the fields; several options where the poll allows it.

    ``answers`` works for every kind; the others are shorthand for answers that only name options.
    """

    # Exactly one of them. With `oneOf`, generated clients would accept anything.
    further_rules = {"minProperties": 1, "maxProperties": 1}

    pollOptionId = IdField(source="poll_option_id", required=False)
    pollOptionIds = BoundedListField(
        source="poll_option_ids",
        child=IdField(),
        min_length=1,
        max_length=MAX_OPTIONS,
        required=False,
    )
    answers = BoundedListField(
        child=AnswerSerializer(),
        min_length=1,
        max_length=MAX_OPTIONS,
        required=False,
        help_text="`rating`: `optionId` and `score`, a level from 1, or 0 to skip. `ranking`: "
        "`optionId`, best first, or with a `rank`. `points`: `optionId` and `score`. `numeric`: "
        "`number`. `word_cloud`, `open_text`: `text`. `hotspot`: `x` and `y` from 0 to 1. "
        "`dates`: `optionId` and `score`, 1 for no, 2 for maybe, 3 for yes. Others: `optionId`.",
    )

    def validate(self, attrs: Any) -> Any:
        if len(attrs) != 1:
            raise ValidationError({"pollOptionId": EITHER})
        if "answers" in attrs:
            return {"answers": attrs["answers"]}
        one = attrs.get("poll_option_id")
        return {"option_ids": [one] if one else attrs["poll_option_ids"]}


class TimelineQuerySerializer(serializers.Serializer[Any]):
    points = serializers.IntegerField(
        min_value=MIN_POINTS,
        max_value=MAX_POINTS,
        default=DEFAULT_POINTS,
        help_text="The maximum number of points.",
    )


class CalendarQuerySerializer(serializers.Serializer[Any]):
    optionId = IdField(
        source="option_id", required=False, help_text="Only this date, whatever the result is."
    )


class ExportQuerySerializer(serializers.Serializer[Any]):
    format = ChoiceField(
        choices=[each.value for each in ExportFormat],
        default=ExportFormat.CSV.value,
        help_text="The file format.",
    )
