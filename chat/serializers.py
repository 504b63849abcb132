"""Request bodies and queries of the room and message endpoints."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from accounts.identity import NAME_MAX_CHARS
from apikit.pagination import MAX_LIMIT, PageQuerySerializer
from apikit.searching import SEARCH_RULE
from apikit.serializers import (
    BoundedListField,
    ChoiceField,
    IdField,
    MomentField,
    ParagraphField,
    StrictBooleanField,
    StrictIntegerField,
    StrictSerializer,
    TextField,
)
from chat.models import (
    MESSAGE_MAX_CHARS,
    ROOM_NAME_MAX_CHARS,
    SLOW_MODE_MAX_S,
    MemberRole,
    RoomKind,
)
from chat.rooms import MAX_INVITED_AT_ONCE
from chat.texts import with_plain_whitespace

DEFAULT_MESSAGES = 50
# The largest of a database's integers.
MAX_SEQ = 2**63 - 1
_LEGACY_ID_MAX_CHARS = 100
TIME_STAMP_MAX_CHARS = 100


class RoomCreateSerializer(StrictSerializer):
    name = TextField(max_length=ROOM_NAME_MAX_CHARS)
    isOpen = StrictBooleanField(
        source="is_open",
        required=False,
        help_text="Whether everybody finds the room and can join it; false by default.",
    )
    invitedIds = BoundedListField(
        source="invited_ids",
        child=IdField(),
        max_length=MAX_INVITED_AT_ONCE,
        required=False,
        help_text="The ids of the accounts to invite.",
    )


class RoomChangeSerializer(StrictSerializer):
    name = TextField(
        max_length=ROOM_NAME_MAX_CHARS, required=False, help_text="Only of a group room."
    )
    isOpen = StrictBooleanField(
        source="is_open",
        required=False,
        help_text="Whether everybody finds a group room and can join it.",
    )
    isAnnouncementOnly = StrictBooleanField(
        source="is_announcement_only",
        required=False,
        help_text="Whether only moderators of the room write in it.",
    )
    slowModeSeconds = StrictIntegerField(
        source="slow_mode_s",
        min_value=0,
        max_value=SLOW_MODE_MAX_S,
        required=False,
        help_text="The time between two messages of a person; 0 turns slow mode off.",
    )


class PersonSerializer(StrictSerializer):
    userId = IdField(source="user_id")


class MemberChangeSerializer(StrictSerializer):
    """At least one of the fields."""

    further_rules = {"minProperties": 1}

    role = ChoiceField(
        choices=MemberRole.choices,
        required=False,
        help_text="Of a member of a group room. Owners moderate it.",
    )
    mutedUntil = MomentField(
        source="muted_until",
        required=False,
        allow_null=True,
        help_text="The person cannot write until then; null lifts the mute.",
    )
    isBanned = StrictBooleanField(
        source="is_banned",
        required=False,
        help_text="A banned person is no member any more, and cannot return.",
    )

    def validate(self, attrs: Any) -> Any:
        if not attrs:
            raise ValidationError({"role": "Send role, mutedUntil or isBanned."})
        return attrs


class BodyField(ParagraphField):
    """The text of a message, which may be pasted from other programs."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation(
            with_plain_whitespace(data) if isinstance(data, str) else data
        )


class SeqSerializer(StrictSerializer):
    seq = StrictIntegerField(
        min_value=0, max_value=MAX_SEQ, help_text="The `seq` of the last message you have read."
    )


class MessageCreateSerializer(StrictSerializer):
    roomId = IdField(source="room_id")
    body = BodyField(max_length=MESSAGE_MAX_CHARS, help_text="Plain text.")
    parentId = IdField(
        source="parent_id",
        required=False,
        allow_null=True,
        help_text="The message to reply to. Replies cannot be replied to.",
    )
    pollId = IdField(
        source="poll_id",
        required=False,
        allow_null=True,
        help_text="A poll that people can vote in beside the message.",
    )


class MessageChangeSerializer(StrictSerializer):
    body = BodyField(max_length=MESSAGE_MAX_CHARS, help_text="Plain text.")


def number_as_text(value: Any) -> Any:
    """Return a number as text: the ids and time stamps of some older clients are numbers."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else value


class _TextOrNumberField(TextField):
    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation(number_as_text(data))


class LobbyMessageSerializer(StrictSerializer):
    """Every field but the last is required, as older clients expect."""

    userName = TextField(source="user_name", max_length=NAME_MAX_CHARS)
    messageBody = BodyField(source="body", max_length=MESSAGE_MAX_CHARS)
    userId = _TextOrNumberField(
        source="user_id",
        max_length=_LEGACY_ID_MAX_CHARS,
        help_text="What the client calls itself, a text or a number; the token decides the author.",
    )
    timeStamp = _TextOrNumberField(
        source="time_stamp",
        max_length=TIME_STAMP_MAX_CHARS,
        required=False,
        allow_blank=True,
        help_text="A text or a number; that of the copy over the socket, if there is one.",
    )


class RoomQuerySerializer(PageQuerySerializer):
    kind = ChoiceField(
        choices=RoomKind.choices, required=False, help_text="Only rooms of this kind."
    )
    member = serializers.BooleanField(
        source="is_member",
        required=False,
        help_text="`true` lists rooms that you have joined, `false` only others.",
    )
    invited = serializers.BooleanField(
        source="is_invited",
        required=False,
        help_text="`true` lists rooms that you are invited to, `false` only others.",
    )
    search = TextField(
        required=False,
        max_length=ROOM_NAME_MAX_CHARS,
        allow_blank=True,
        help_text=f"Only rooms whose name contains this text. {SEARCH_RULE}",
    )


class MemberQuerySerializer(PageQuerySerializer):
    all = serializers.BooleanField(
        source="are_all",
        default=False,
        help_text="`true` also lists people who were invited, muted or banned; moderators only.",
    )


class PlaceQuerySerializer(serializers.Serializer[Any]):
    before = serializers.IntegerField(
        min_value=0, max_value=MAX_SEQ, required=False, help_text="Only messages with a lower seq."
    )
    after = serializers.IntegerField(
        min_value=0,
        max_value=MAX_SEQ,
        required=False,
        help_text="Only messages with a higher seq, the lowest first.",
    )
    limit = serializers.IntegerField(
        min_value=1,
        max_value=MAX_LIMIT,
        default=DEFAULT_MESSAGES,
        help_text="The number of messages.",
    )


class MessageSearchSerializer(PageQuerySerializer):
    q = TextField(max_length=MESSAGE_MAX_CHARS, help_text=f"A part of the message. {SEARCH_RULE}")
    roomId = serializers.UUIDField(
        source="room_id", required=False, help_text="Only messages of this room."
    )
