"""Rules of identity, the same on every entry point: email addresses, names, passwords.

Services and the user model call these, so that pages, the API, the admin and management commands
cannot differ.
"""

import re
import unicodedata

import idna
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from apikit.errors import ValidationFailedError
from apikit.text import has_control_characters, is_invisible, normalized

NAME_MAX_CHARS = 80
EMAIL_MAX_CHARS = 254
# Far above what may be stored, and low enough to normalize without harm.
_INPUT_MAX_CHARS = 1_000
# In octets, by the DNS; converting takes time that grows with the square of the length.
_DOMAIN_MAX_CHARS = 253
# Quotes that a local part can do without: RFC 5321 calls it the same mailbox without them.
_JOINER = re.compile("[\u200c\u200d]")
_QUOTED_PAIR = re.compile(r"\\(.)")
_QUOTED_ATOMS = re.compile(r'"([a-z0-9!#$%&\'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&\'*+/=?^_`{|}~-]+)*)"')


def normalize_email(text: str) -> str:
    """The one spelling of an address under which it is stored: NFKC, lower case, ASCII domain.

    Text that is no address comes back folded likewise; :func:`check_email` refuses it.
    """
    local, at, domain = _folded(text).rpartition("@")
    quoted = _QUOTED_ATOMS.fullmatch(_QUOTED_PAIR.sub(r"\1", local))
    return f"{quoted[1] if quoted else local}{at}{_ascii_domain(domain)}"


def email_spellings(text: str) -> list[str]:
    """The normalized spelling, and those that older accounts may be stored under."""
    email = normalize_email(text)
    local, at, domain = email.rpartition("@")
    return list(dict.fromkeys([email, f"{local}{at}{_unicode_domain(domain)}", _folded(text)]))


def check_email(text: str) -> str:
    """``text``, normalized.

    :raises ValidationFailedError: for text that is not an address.
    """
    email = normalize_email(text[:_INPUT_MAX_CHARS])
    try:
        validate_email(email)
    except ValidationError:
        is_valid = False
    else:
        # Django's validator accepts control characters within quotes.
        is_printable = email.isascii() and not has_control_characters(email)
        is_valid = is_printable and len(email) <= EMAIL_MAX_CHARS
    if not is_valid:
        raise ValidationFailedError.of("email", "Enter a valid email address.")
    return email


def check_name(text: str) -> str:
    """``text``, normalized.

    :raises ValidationFailedError: for a name without a visible character, one that is too long,
        or one with control characters.
    """
    name = normalized(text[:_INPUT_MAX_CHARS])
    if len(name) > NAME_MAX_CHARS:
        raise ValidationFailedError.of(
            "name", f"Ensure this field has no more than {NAME_MAX_CHARS} characters."
        )
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
    if len(domain) > _DOMAIN_MAX_CHARS:
        return domain
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return _ascii_despite_idna(domain)


def _ascii_despite_idna(domain: str) -> str:
    """For domains with emoji: some registries sell them, though IDNA 2008 does not allow them."""
    # A joiner that IDNA refuses shows nothing, and would make another domain of the same look.
    if _JOINER.search(domain):
        return domain
    try:
        labels = idna.uts46_remap(domain, std3_rules=False).split(".")
        return ".".join(
            each if each.isascii() else f"xn--{each.encode('punycode').decode()}" for each in labels
        )
    except (idna.IDNAError, UnicodeError):
        return domain


def _unicode_domain(domain: str) -> str:
    try:
        return ".".join(
            each[4:].encode().decode("punycode") if each.startswith("xn--") else each
            for each in domain.split(".")
        )
    except UnicodeError:
        return domain
