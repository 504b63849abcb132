"""Reads the form of a ballot, as it is sent with and without a script."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from apikit.errors import ValidationFailedError
from apikit.exception_handler import as_api_error
from apikit.parsers import is_bounded
from polls.kinds.base import SentAnswer
from polls.models import MAX_OPTIONS, Poll
from votes.errors import UnknownOptionError
from votes.serializers import VoteSerializer
from web.kinds.registry import pages_of


@dataclass(frozen=True, slots=True)
class BallotForm:
    """The submitted form; without options and answers if the vote is taken back."""

    option_ids: Sequence[UUID]
    answers: Sequence[SentAnswer]
    takes_back: bool
    key: str


def read_ballot_form(poll: Poll, fields: QueryDict) -> BallotForm:
    """Parses the form.

    :raises ValidationFailedError: if nothing is chosen or answered.
    :raises UnknownOptionError: for an invalid option id.
    """
    key, pages = fields.get("key", ""), pages_of(poll)
    if "take-back" in fields:
        return BallotForm((), (), takes_back=True, key=key)
    # Answers that only name options are sent as these; others are sent as JSON by the script.
    if pages is None or "option" in fields:
        return BallotForm(_read_options(fields), (), takes_back=False, key=key)
    sent = fields.get("answers")
    answers = pages.read_form(poll, fields) if sent is None else _read_answers(sent)
    if not answers:
        raise ValidationFailedError.of("option", _("Answer the question first."))
    return BallotForm((), answers, takes_back=False, key=key)


def _read_options(fields: QueryDict) -> Sequence[UUID]:
    values = fields.getlist("option")
    if not values:
        raise ValidationFailedError.of("option", _("Choose an option first."))
    if len(values) > MAX_OPTIONS:
        raise UnknownOptionError
    try:
        return [UUID(value) for value in values]
    except ValueError:
        raise UnknownOptionError from None


def _read_answers(sent: str) -> list[SentAnswer]:
    """Parses answers in the form of the API.

    :raises ValidationFailedError: for anything else.
    """
    if not is_bounded(sent.encode()):
        raise ValidationFailedError.of("answers", "Too many answers.")
    try:
        serializer = VoteSerializer(data={"answers": json.loads(sent)})
        serializer.is_valid(raise_exception=True)
    except ValueError:
        raise ValidationFailedError.of("answers", "Not valid JSON.") from None
    except ValidationError as error:
        raise as_api_error(error) from error
    answers: list[SentAnswer] = serializer.validated_data["answers"]
    return answers
