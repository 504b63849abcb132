"""Codes to join a poll with: short, typed on a phone, read aloud in any language.

Digits only, and no zero, which some read as the letter; there are half a million of six.
"""

import secrets
import unicodedata
from uuid import UUID

from polls.models import Poll, PollState

DIGITS = "123456789"
SHORTEST = 6
LONGEST = 12
TRIES_PER_LENGTH = 20
DIGITS_TOGETHER = 3


def free_join_code() -> str:
    """A code no living poll has; longer ones once the short ones are getting used up.

    Somebody else can take it before it is saved, which the database then refuses.
    """
    for length in range(SHORTEST, LONGEST + 1):
        for _ in range(TRIES_PER_LENGTH):
            code = "".join(secrets.choice(DIGITS) for _ in range(length))
            if not is_taken(code):
                return code
    raise RuntimeError("no join code is free")


def is_taken(code: str, *, except_by: UUID | None = None) -> bool:
    """Whether a poll that is not closed has ``code``; ``except_by`` is a poll that may."""
    living = Poll.objects.filter(join_code=code).exclude(state=PollState.CLOSED)
    if except_by is not None:
        living = living.exclude(id=except_by)
    return living.exists()


def read_join_code(text: str) -> str:
    """The code in what somebody typed, its digits grouped or of another script, if it is one."""
    code = "".join(text.replace("-", " ").split())
    return "".join(str(unicodedata.decimal(digit)) for digit in code) if code.isdecimal() else ""


def group_digits(code: str) -> list[str]:
    """A code in the groups in which people read it out."""
    return [code[start : start + DIGITS_TOGETHER] for start in range(0, len(code), DIGITS_TOGETHER)]
