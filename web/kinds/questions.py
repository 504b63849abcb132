"""The pages of ``questions``."""

from django.http import QueryDict

from polls.kinds.base import SentAnswer
from polls.models import Poll, PollKind
from web.kinds.base import KindPages


class QuestionsPages(KindPages):
    """See ``web.kinds.base``."""

    kind = PollKind.QUESTIONS

    def hint(self, poll: Poll) -> str:
        raise NotImplementedError

    def read_form(self, poll: Poll, fields: QueryDict) -> list[SentAnswer]:
        raise NotImplementedError
