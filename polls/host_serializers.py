"""Request bodies and queries of the endpoints for participants' options and hosts' decisions."""

from typing import Any, get_args

from rest_framework import serializers

from apikit.pagination import PageQuerySerializer, SeqCursorField
from apikit.serializers import ChoiceField, IdField, StrictSerializer, TextField
from polls.host_wire import HostAction, TextState
from polls.kinds.open_text import MAX_CHARS
from polls.kinds.word_cloud import KEY_MAX_CHARS
from polls.models import OPTION_MAX_CHARS


class SuggestedOptionSerializer(StrictSerializer):
    """The text of an option, or a question."""

    text = TextField(max_length=OPTION_MAX_CHARS)


class SentTextField(serializers.CharField):
    """A JSON string, which the service checks."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"trim_whitespace": False, "required": False, **options})

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class HostChoiceSerializer(StrictSerializer):
    """An action, and exactly one of what it is about."""

    action = ChoiceField(choices=get_args(HostAction))
    suggestionId = IdField(source="suggestion_id", required=False)
    optionId = IdField(source="option_id", required=False)
    text = SentTextField(max_length=MAX_CHARS, help_text="A text, exactly as it was sent.")
    word = SentTextField(max_length=KEY_MAX_CHARS, help_text="A word in any of its spellings.")
    into = SentTextField(
        max_length=KEY_MAX_CHARS, help_text="For `merge`: the word to count it as."
    )


class TextQuerySerializer(PageQuerySerializer):
    cursor = SeqCursorField(required=False, help_text=PageQuerySerializer.CURSOR_HELP)
    state = ChoiceField(
        choices=get_args(TextState),
        default="pending",
        help_text="`pending`, the default, waits for approval; `shown` is what people see; "
        "`removed` is what a host has hidden.",
    )
