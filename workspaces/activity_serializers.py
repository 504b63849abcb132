"""Queries of the activity endpoints."""

from typing import Any, get_args

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from apikit.pagination import PageQuerySerializer, SeqCursorField
from apikit.serializers import ChoiceField, MomentField
from workspaces.activity import TargetKind
from workspaces.activity_log import ActivityFilter
from workspaces.models import VERB_MAX_CHARS

# The largest of a database's integers.
MAX_SEQ = 2**63 - 1


class ActivityFilterSerializer(serializers.Serializer[Any]):
    """What lists and exports have in common; validates to an ``ActivityFilter``."""

    actor = serializers.UUIDField(
        source="actor_id", required=False, help_text="Only what this person did."
    )
    verb = serializers.RegexField(
        r"^[a-z]+\.[a-z_]+\Z",
        max_length=VERB_MAX_CHARS,
        required=False,
        help_text="Only activities with this verb, such as `poll.published`.",
    )
    kind = ChoiceField(
        choices=list(get_args(TargetKind)),
        required=False,
        help_text="Only activities about such things.",
    )
    workspace = serializers.UUIDField(
        source="workspace_id", required=False, help_text="Only activities in this workspace."
    )
    poll = serializers.UUIDField(
        source="poll_id", required=False, help_text="Only activities about this poll."
    )
    to = MomentField(source="until", required=False, help_text="Only activities before this time.")
    after = serializers.IntegerField(
        min_value=0,
        max_value=MAX_SEQ,
        required=False,
        help_text="Only activities with a higher `seq`.",
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # A keyword cannot be the name of an attribute.
        since = MomentField(
            source="since", required=False, help_text="Only activities since this time."
        )
        return {**super().get_fields(), "from": since}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        names = {each for each in ActivityFilter.__slots__ if each in attrs}
        narrow = ActivityFilter(**{name: attrs.pop(name) for name in names})
        if narrow.since and narrow.until and narrow.since > narrow.until:
            raise ValidationError({"to": "This is before `from`."})
        return {**attrs, "narrow": narrow}


class ActivityQuerySerializer(ActivityFilterSerializer, PageQuerySerializer):
    cursor = SeqCursorField(required=False, help_text=PageQuerySerializer.CURSOR_HELP)
