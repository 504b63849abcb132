"""Request serializers of the vote endpoints."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from apikit.serializers import BoundedListField, ChoiceField, IdField, StrictSerializer
from polls.models import MAX_OPTIONS
from votes.exports import ExportFormat
from votes.timeline import DEFAULT_POINTS, MAX_POINTS, MIN_POINTS


class VoteSerializer(StrictSerializer):
    """Exactly one of the two fields; several options where the poll allows it."""

    # Exactly one of the two. With `oneOf`, generated clients would accept anything.
    further_rules = {"minProperties": 1, "maxProperties": 1}

    pollOptionId = IdField(source="poll_option_id", required=False)
    pollOptionIds = BoundedListField(
        source="poll_option_ids",
        child=IdField(),
        min_length=1,
        max_length=MAX_OPTIONS,
        required=False,
    )

    def validate(self, attrs: Any) -> Any:
        if len(attrs) != 1:
            raise ValidationError({"pollOptionId": "Send either pollOptionId or pollOptionIds."})
        one = attrs.get("poll_option_id")
        return {"option_ids": [one] if one else attrs["poll_option_ids"]}


class TimelineQuerySerializer(serializers.Serializer[Any]):
    points = serializers.IntegerField(
        min_value=MIN_POINTS,
        max_value=MAX_POINTS,
        default=DEFAULT_POINTS,
        help_text="The maximum number of points.",
    )


class ExportQuerySerializer(serializers.Serializer[Any]):
    format = ChoiceField(
        choices=[each.value for each in ExportFormat],
        default=ExportFormat.CSV.value,
        help_text="The file format.",
    )
