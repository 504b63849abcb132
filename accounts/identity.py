"""Rules for email addresses, names and passwords.

Services and the user model call these, so that pages, the API, the admin and management commands
apply the same rules.
"""

import re
import unicodedata

import idna
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from apikit.errors import ValidationFailedError
from apikit.text import has_control_characters, is_invisible, normalized

NAME_MAX_CHARS = 80
STATUS_TEXT_MAX_CHARS = 140
EMAIL_MAX_CHARS = 254
# Far beyond what can be stored, and short enough to normalize quickly.
_INPUT_MAX_CHARS = 1_000
# In octets, by the DNS; converting takes quadratic time.
_DOMAIN_MAX_CHARS = 253
_JOINER = re.compile("[\u200c\u200d]")
# Unnecessary quotes: by RFC 5321 the local part without them is the same mailbox.
_QUOTED_PAIR = re.compile(r"\\(.)")
_QUOTED_ATOMS = re.compile(r'"([a-z0-9!#$%&\'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&\'*+/=?^_`{|}~-]+)*)"')


def normalize_email(text: str) -> str:
    """Return the form of an address that is stored: NFKC, lower case, ASCII domain.

    Does not validate; :func:`check_email` does.
    """
    local, at, domain = _folded(text).rpartition("@")
    quoted = _QUOTED_ATOMS.fullmatch(_QUOTED_PAIR.sub(r"\1", local))
    return f"{quoted[1] if quoted else local}{at}{_ascii_domain(domain)}"


def email_spellings(text: str) -> list[str]:
    """Return the normalized form, and those that older accounts may be stored with."""
    email = normalize_email(text)
    local, at, domain = email.rpartition("@")
    return list(dict.fromkeys([email, f"{local}{at}{_unicode_domain(domain)}", _folded(text)]))


def mask_email(email: str) -> str:
    """Return a normalized address by which only people who know it recognize it: a…@example.org."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"


def check_email(text: str) -> str:
    """Return a normalized email address.

    :raises ValidationFailedError: for an invalid address.
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
    """Return a normalized name.

    :raises ValidationFailedError: for a name that is too long, invisible, or has control
        characters.
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


def check_status_text(text: str) -> str:
    """Return a normalized text beside a status, or an empty one if nothing of it is visible.

    :raises ValidationFailedError: for a text that is too long or has control characters.
    """
    text = normalized(text[:_INPUT_MAX_CHARS])
    if len(text) > STATUS_TEXT_MAX_CHARS:
        raise ValidationFailedError.of(
            "text", f"Ensure this field has no more than {STATUS_TEXT_MAX_CHARS} characters."
        )
    if has_control_characters(text):
        raise ValidationFailedError.of("text", "Control characters are not allowed.")
    return "" if is_invisible(text) else text


def normalize_password(text: str) -> str:
    """Apply OpaqueString of RFC 8265: other whitespace to spaces, then NFC."""
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
    """Encode domains with emoji, which some registries sell although IDNA 2008 forbids them."""
    # An invisible joiner would make a different domain that looks the same.
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
