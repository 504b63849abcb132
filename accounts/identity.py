"""Rules of identity, the same on every entry point: email addresses, names, passwords.

Services and the user model call these, so that pages, the API, the admin and management commands
cannot differ.
"""

import unicodedata

import idna

from apikit.errors import ValidationFailedError
from apikit.text import has_control_characters, is_invisible, normalized

# Of a name; far above the column, and low enough to normalize without harm.
_NAME_INPUT_MAX_CHARS = 1_000


def normalize_email(text: str) -> str:
    """The one spelling of an address under which it is stored: NFKC, lower case, ASCII domain.

    What is no address comes back as it is but for that: checking its form is the fields' work.
    """
    local, at, domain = _folded(text).rpartition("@")
    return f"{local}{at}{_ascii_domain(domain)}"


def email_spellings(text: str) -> list[str]:
    """The normalized spelling, and those that older accounts may be stored under."""
    email = normalize_email(text)
    local, at, domain = email.rpartition("@")
    return list(dict.fromkeys([email, f"{local}{at}{_unicode_domain(domain)}", _folded(text)]))


def check_name(text: str) -> str:
    """``text``, normalized.

    :raises ValidationFailedError: for a name without a visible character, or with control
        characters.
    """
    name = normalized(text[:_NAME_INPUT_MAX_CHARS])
    if is_invisible(name):
        raise ValidationFailedError.of("name", "This field may not be blank.")
    if has_control_characters(name):
        raise ValidationFailedError.of("name", "Control characters are not allowed.")
    return name


def normalize_password(text: str) -> str:
    """``text`` as RFC 8265 (OpaqueString) prepares it: other blanks to spaces, then NFC."""
    blanks = {ord(each): " " for each in set(text) if unicodedata.category(each) == "Zs"}
    return unicodedata.normalize("NFC", text.translate(blanks))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().lower()


def _ascii_domain(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return domain


def _unicode_domain(domain: str) -> str:
    try:
        return idna.decode(domain)
    except idna.IDNAError:
        return domain
