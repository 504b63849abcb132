"""The pages of ``numeric``: one number per voter."""

from collections.abc import Sequence
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from apikit.errors import ValidationFailedError
from polls.kinds.base import SentAnswer
from polls.models import Poll, PollKind
from web.kinds.base import KindPages


class NumericPages(KindPages):
    """See ``web.kinds.base``."""

    kind = PollKind.NUMERIC

    def hint(self, poll: Poll) -> str:
        return _("Enter a number.")

    def read_form(self, poll: Poll, fields: QueryDict) -> list[SentAnswer]:
        text = fields.get("number", "").strip()
        if not text:
            return []
        try:
            return [SentAnswer(number=float(text))]
        except ValueError:
            raise ValidationFailedError.of("option", _("Enter a number.")) from None

    def ballot_context(self, poll: Poll, answers: Sequence[SentAnswer]) -> dict[str, Any]:
        return {"number": answers[0].number if answers else None, "settings": poll.settings}
