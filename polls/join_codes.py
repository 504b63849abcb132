"""Join codes: short, easy to type on a phone and to read aloud in any language.

Digits only, without zero, which can be mistaken for a letter. There are half a million codes of six
digits.
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
    """Return a code that no draft or open poll has; longer when short ones get scarce.

    If another poll takes it before it is saved, the unique constraint fails.
    """
    for length in range(SHORTEST, LONGEST + 1):
        for _ in range(TRIES_PER_LENGTH):
            code = "".join(secrets.choice(DIGITS) for _ in range(length))
            if not is_taken(code):
                return code
    raise RuntimeError("no join code is free")


def is_taken(code: str, *, except_by: UUID | None = None) -> bool:
    """Return whether a poll that is not closed has ``code``, other than ``except_by``."""
    active = Poll.objects.filter(join_code=code).exclude(state=PollState.CLOSED)
    if except_by is not None:
        active = active.exclude(id=except_by)
    return active.exists()


def read_join_code(text: str) -> str:
    """Return the code in a user's input, which may have separators or digits of any script."""
    code = "".join(text.replace("-", " ").split())
    return "".join(str(unicodedata.decimal(digit)) for digit in code) if code.isdecimal() else ""


def group_digits(code: str) -> list[str]:
    """Split a code into groups of digits for display."""
    return [code[start : start + DIGITS_TOGETHER] for start in range(0, len(code), DIGITS_TOGETHER)]
