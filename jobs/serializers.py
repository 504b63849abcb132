"""Input of the job endpoints."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from apikit.pagination import PageQuerySerializer
from apikit.serializers import ChoiceField, IdField, StrictSerializer
from jobs.models import TYPE_MAX_CHARS, JobState
from jobs.registry import PAYLOAD, TASKS
from jobs.uploads import NAME_MAX_CHARS


class JobCreateSerializer(StrictSerializer):
    """A job to create. The type's own schema is checked when it is enqueued."""

    type = serializers.CharField(max_length=TYPE_MAX_CHARS)
    payload = serializers.JSONField()
    projectId = IdField(source="project_id", required=False, allow_null=True)

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(_with_payload(data) if isinstance(data, Mapping) else data)


def _with_payload(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Move fields beside ``type`` into the payload, for types that accept them there."""
    name = data.get("type")
    task = TASKS.get(name) if isinstance(name, str) else None
    if task is None or not task.accepts_bare_fields or PAYLOAD in data:
        return data
    own = {key: value for key, value in data.items() if key in {"type", "projectId", "project_id"}}
    return own | {PAYLOAD: {key: value for key, value in data.items() if key not in own}}


class JobQuerySerializer(PageQuerySerializer):
    """Filters of the list."""

    type = serializers.CharField(
        required=False, max_length=TYPE_MAX_CHARS, help_text="Only jobs of this type."
    )
    state = ChoiceField(
        choices=JobState.values, required=False, help_text="Only jobs in this state."
    )
    projectId = IdField(
        source="project_id",
        required=False,
        help_text="All jobs of this project, in place of your own.",
    )


class UploadQuerySerializer(serializers.Serializer[Any]):
    """The name of a file, which wins over that in the request's headers or form."""

    name = serializers.CharField(
        required=False, max_length=NAME_MAX_CHARS, help_text="The name of the file."
    )
