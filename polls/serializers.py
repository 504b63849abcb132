"""Request bodies and queries of the poll endpoints."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from apikit.pagination import PageQuerySerializer
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
from polls.editing import OptionEdit
from polls.embedding import MAX_EMBED_ORIGINS, ORIGIN_MAX_CHARS
from polls.models import (
    MAX_OPTIONS,
    OPTION_MAX_CHARS,
    OPTION_MAX_LIMIT,
    PICTURE_ALT_MAX_CHARS,
    QUESTION_MAX_CHARS,
    QUESTION_MIN_CHARS,
    ParticipantOptions,
    PollKind,
    PollState,
    ResultsVisibility,
)
from polls.new_polls import NewOption


class PictureAltField(TextField):
    """The alternative text of a picture."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            max_length=PICTURE_ALT_MAX_CHARS, required=False, allow_blank=True, **options
        )


class _OptionFieldsSerializer(StrictSerializer):
    shorthand = {"type": "string", "minLength": 1, "maxLength": OPTION_MAX_CHARS}

    text = TextField(max_length=OPTION_MAX_CHARS)
    limit = StrictIntegerField(
        min_value=1,
        max_value=OPTION_MAX_LIMIT,
        required=False,
        allow_null=True,
        help_text="How many people can have this option, or say yes to this date; null for any "
        "number. Only for `single`, `multiple` and `dates`.",
    )
    pictureId = IdField(
        source="picture_id",
        required=False,
        allow_null=True,
        help_text="A picture from `POST /pictures`, or of a poll that you can change.",
    )
    pictureAlt = PictureAltField(
        source="picture_alt",
        help_text="What the picture shows, for people who do not see it; the text of the option if "
        "it is empty.",
    )

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value({"text": data} if isinstance(data, str) else data)


class OptionSerializer(_OptionFieldsSerializer):
    """An option of a new poll."""

    def to_internal_value(self, data: Any) -> NewOption:
        return NewOption(**super().to_internal_value(data))


class OptionEditSerializer(_OptionFieldsSerializer):
    """An option in the edited list. With an `id`, an existing option keeps its votes.

    It also keeps the limit and the picture that are left out; null removes them.
    """

    id = IdField(required=False)

    def to_internal_value(self, data: Any) -> OptionEdit:
        return OptionEdit(**super().to_internal_value(data))


@extend_schema_field({"type": "object", "additionalProperties": True, "maxProperties": 20})
class SettingsField(serializers.Field[Any, Any, Any, Any]):
    """A small object, which ``polls.kind_settings`` checks."""

    default_error_messages = {"invalid": "Must be an object."}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            self.fail("invalid")
        return data


class PollFieldsSerializer(StrictSerializer):
    """The fields that creating and editing have in common."""

    question = ParagraphField(min_length=QUESTION_MIN_CHARS, max_length=QUESTION_MAX_CHARS)
    isPublished = StrictBooleanField(
        source="is_published",
        required=False,
        help_text="Whether people can vote; a new poll is a draft unless this is true.",
    )
    kind = ChoiceField(
        choices=PollKind.choices,
        required=False,
        help_text="`single`, the default, lets each person choose one option, `multiple` several. "
        "The others take other answers, see the settings and `castVote`.",
    )
    settings = SettingsField(
        required=False,
        help_text='The settings of the kind, such as `{"steps": 5}` of a `rating`. What is left '
        "out has its default; the response has all of them.",
    )
    pictureId = IdField(
        source="picture_id",
        required=False,
        allow_null=True,
        help_text="The picture of a `hotspot`: one from `POST /pictures`, or of a poll that you "
        "can change.",
    )
    pictureAlt = PictureAltField(
        source="picture_alt",
        help_text="What the picture shows, for people who do not see it; the question if it is "
        "empty.",
    )
    participantOptions = ChoiceField(
        source="participant_options",
        choices=ParticipantOptions.choices,
        required=False,
        help_text="Whether participants can add options to a `single` or `multiple` choice: "
        "`none`, the default, after your `approval`, or at once (`open`). Can be changed at any "
        "time.",
    )
    maxChoices = StrictIntegerField(
        source="max_choices",
        min_value=1,
        max_value=MAX_OPTIONS,
        required=False,
        help_text="How many options a person can choose; with `multiple` all of them by default.",
    )
    allowChange = StrictBooleanField(
        source="allow_change",
        required=False,
        help_text="Whether people can change their vote or take it back; false by default.",
    )
    resultsVisibility = ChoiceField(
        source="results_visibility",
        choices=ResultsVisibility.choices,
        required=False,
        help_text="When others see the results: `always`, the default, after they have voted "
        "(`after_vote`), after the poll has closed (`after_close`), or never (`owner`).",
    )
    opensAt = MomentField(
        source="opens_at",
        required=False,
        allow_null=True,
        help_text="Votes are accepted from this time on; null means from publication on.",
    )
    closesAt = MomentField(
        source="closes_at",
        required=False,
        allow_null=True,
        help_text="The poll closes automatically at this time; null means that it does not.",
    )
    embedOrigins = BoundedListField(
        source="embed_origins",
        child=TextField(max_length=ORIGIN_MAX_CHARS),
        max_length=MAX_EMBED_ORIGINS,
        required=False,
        help_text="The sites that can embed the poll in a frame, such as `https://example.org`. "
        "Empty by default; `*` alone means every site.",
    )


class PollCreateSerializer(PollFieldsSerializer):
    workspaceId = IdField(
        source="workspace_id",
        required=False,
        allow_null=True,
        help_text="The workspace to create the poll in; it then belongs to the team. The "
        "workspace's `pollDefaults` replace the defaults of fields that you leave out.",
    )
    options = BoundedListField(
        child=OptionSerializer(),
        max_length=MAX_OPTIONS,
        required=False,
        default=list,
        help_text="At least two for `single` and `multiple`; none for `numeric`, `word_cloud`, "
        "`open_text` and `hotspot`.",
    )


class PollChangeSerializer(PollFieldsSerializer):
    workspaceId = IdField(
        source="workspace_id",
        required=False,
        allow_null=True,
        help_text="Moves the poll to this workspace, or out of its project if it is null.",
    )
    question = ParagraphField(
        min_length=QUESTION_MIN_CHARS, max_length=QUESTION_MAX_CHARS, required=False
    )
    options = BoundedListField(
        child=OptionEditSerializer(),
        max_length=MAX_OPTIONS,
        required=False,
    )


@extend_schema_field({"anyOf": [{"type": "boolean"}, {"const": ""}]})
class SwitchField(serializers.BooleanField):
    """A boolean that can be empty, as in a form that was not filled in."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, "allow_null": True, "default": None, **options})


class PollQuerySerializer(PageQuerySerializer):
    published = SwitchField(
        help_text="`true` lists published polls, `false` your own drafts; with `workspace` or "
        "`project`, all drafts there."
    )
    creator = serializers.CharField(
        required=False, help_text="Only polls of this creator: the id of a user, or `me`."
    )
    workspace = IdField(
        required=False, help_text="Only polls in this workspace, drafts too; none for strangers."
    )
    project = IdField(
        required=False, help_text="Only polls of this project, drafts too; none for strangers."
    )
    state = ChoiceField(
        choices=PollState.choices, required=False, help_text="Only polls in this state."
    )
    search = TextField(
        required=False,
        max_length=QUESTION_MAX_CHARS,
        allow_blank=True,
        help_text=f"Only polls whose question contains this text. {SEARCH_RULE}",
    )

    def validate_creator(self, value: str) -> Any:
        if value == "me":
            return value
        try:
            return IdField().to_internal_value(value)
        except ValidationError as error:
            raise ValidationError("Must be the id of a user, or `me`.") from error
