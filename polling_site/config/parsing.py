"""Parsers of settings: each turns a text into a value, or raises ValueError with what it wants."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import environ

from apikit.origins import normal_host, normal_origin

_DURATION_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class Setting:
    """An environment variable: its parser, its default and its purpose.

    ``default`` is written as in the environment. ``None`` means that the variable is optional, and
    the purpose says what happens without it.
    """

    parse: Callable[[str], Any]
    default: str | None
    purpose: str


def parse_text(text: str) -> str:
    return text


def parse_node_name(text: str) -> str:
    """Parses the name of a node, which is sent in URLs and matched by proxies."""
    if not re.fullmatch(r"[A-Za-z0-9]{1,32}", text):
        raise ValueError("up to 32 letters and digits")
    return text


def parse_boolean(text: str) -> bool:
    """Parses ``true``/``false`` and the other usual pairs, in any case."""
    lowered = text.lower()
    if lowered in {"true", "1", "yes", "on"}:
        return True
    if lowered in {"false", "0", "no", "off"}:
        return False
    raise ValueError("true or false")


def parse_whole_number(minimum: int, maximum: int) -> Callable[[str], int]:
    """Returns a parser of whole numbers from ``minimum`` to ``maximum``, both included."""
    wanted = f"a whole number from {minimum} to {maximum}"

    def parse(text: str) -> int:
        # int() would accept "1_000" and " 7 " as well.
        if not re.fullmatch(r"[0-9]{1,18}", text) or not minimum <= int(text) <= maximum:
            raise ValueError(wanted)
        return int(text)

    return parse


def parse_duration(text: str) -> timedelta:
    """Parses a duration such as ``90s``, ``15m``, ``12h`` or ``7d``, up to ten years."""
    match = re.fullmatch(r"([1-9][0-9]{0,8})([smhd])", text)
    if match:
        duration = timedelta(**{_DURATION_UNITS[match[2]]: int(match[1])})
        if duration <= timedelta(days=3650):
            return duration
    raise ValueError("a length of time such as 90s, 15m, 12h or 7d")


def parse_list(text: str) -> list[str]:
    """Splits values separated by commas, and strips them."""
    return [part.strip() for part in text.split(",") if part.strip()]


def parse_origins(text: str) -> list[str]:
    """Parses origins separated by commas, or ``*`` for all; normalized as browsers send them."""
    try:
        return [each if each == "*" else normal_origin(each) for each in parse_list(text)]
    except ValueError as error:
        raise ValueError(
            "origins such as https://example.org, separated by commas, or *"
        ) from error


def parse_hosts(text: str) -> list[str]:
    """Parses host names without ports, ``.example.org`` or ``*``; normalized as by browsers."""
    try:
        return [each if each == "*" else normal_host(each) for each in parse_list(text)]
    except ValueError as error:
        raise ValueError(
            "host names such as polls.example.org without scheme and port, separated by commas"
        ) from error


def _has_host(address: str) -> bool:
    """Whether a URL has a host, and a valid port if any."""
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def parse_proxies(text: str) -> str:
    """Checks IP addresses and networks separated by commas, or ``*``; returns the text itself."""
    for part in parse_list(text):
        try:
            if part != "*":
                ip_network(part)
        except ValueError as error:
            raise ValueError(
                "IP addresses or networks such as 10.0.0.0/8, separated by commas, or *"
            ) from error
    return text


def parse_choice(choices: tuple[str, ...]) -> Callable[[str], str]:
    """Returns a parser that accepts one of ``choices``, in any case."""

    def parse(text: str) -> str:
        for choice in choices:
            if choice.lower() == text.lower():
                return choice
        raise ValueError("one of " + ", ".join(choices))

    return parse


def parse_database_url(text: str) -> dict[str, Any]:
    """Parses a ``sqlite://`` or ``postgres://`` URL to an entry of ``DATABASES``."""
    wanted = "an address such as postgres://user:password@host:5432/name or sqlite:////path/file"
    if not re.match(r"(sqlite|postgres|postgresql)://", text):
        raise ValueError(wanted)
    try:
        database: dict[str, Any] = environ.Env.db_url_config(text)
    except ValueError as error:
        raise ValueError(wanted) from error
    # An in-memory database would be a separate one for each thread.
    if database.get("NAME") in {"", None, ":memory:"}:
        raise ValueError(wanted)
    return database


def parse_redis_url(text: str) -> str:
    is_network = re.fullmatch(r"rediss?://[^/\s]+(/[0-9]*)?(\?\S*)?", text) and _has_host(text)
    if not is_network and not re.fullmatch(r"unix://\S+", text):
        raise ValueError("an address such as redis://host:6379/0")
    return text


def parse_email_url(text: str) -> dict[str, Any]:
    """Parses a ``consolemail://`` or ``smtp+tls://…`` URL to Django's email settings."""
    wanted = "consolemail:// or an address such as smtp+tls://user:password@host:587"
    if text != "consolemail://" and not (
        re.match(r"(smtp|smtps|smtp\+tls|smtp\+ssl)://", text) and _has_host(text)
    ):
        raise ValueError(wanted)
    try:
        return dict(environ.Env.email_url_config(text))
    except ValueError as error:
        raise ValueError(wanted) from error


def parse_public_url(text: str) -> str:
    try:
        return normal_origin(text)
    except ValueError as error:
        raise ValueError("an address such as https://polls.example.org, without a path") from error
