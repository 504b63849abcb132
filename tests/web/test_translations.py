"""The translations are complete and up to date."""

import re
import shutil

import polib
import pytest

from apikit.errors import ApiError
from tools import messages
from web.messages import SENTENCES

LANGUAGES = list(messages.LANGUAGES)


def catalog(language: str) -> polib.POFile:
    return polib.pofile(str(messages.po_path(language)))


def texts_of(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) or [entry.msgstr]


def places_in(text: str) -> set[str]:
    """``{name}``, ``%(name)s`` and ``%s``."""
    return set(re.findall(r"\{\w*\}|%\(\w+\)\w|%[sd]", text))


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="xgettext is not installed")
def test_catalogs_are_up_to_date() -> None:
    """`make messages` was run after the last change of a string."""
    fresh = [messages.key_of(entry) for entry in messages.extract()]
    for language in LANGUAGES:
        assert [messages.key_of(entry) for entry in catalog(language)] == fresh


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_is_translated(language: str) -> None:
    entries = catalog(language)
    assert [entry.msgid for entry in entries if not entry.translated()] == []
    assert [entry.msgid for entry in entries if entry.fuzzy or entry.obsolete] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_places_of_what_is_filled_in(language: str) -> None:
    for entry in catalog(language):
        wanted = places_in(entry.msgid) | places_in(entry.msgid_plural)
        for text in texts_of(entry):
            # One and two need no number in Arabic.
            missing = wanted - places_in(text)
            assert not places_in(text) - wanted, entry.msgid
            assert not missing or entry.msgid_plural, entry.msgid


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalog_is_that_of_the_text(language: str) -> None:
    compiled = polib.mofile(str(messages.po_path(language).with_suffix(".mo")))
    assert {messages.key_of(entry): texts_of(entry) for entry in compiled} == {
        messages.key_of(entry): texts_of(entry) for entry in catalog(language)
    }


def families(error: type[ApiError] = ApiError) -> list[type[ApiError]]:
    return [each for child in error.__subclasses__() for each in (child, *families(child))]


def test_every_refusal_has_a_sentence() -> None:
    codes = {error.code for error in families() if error.__module__.split(".")[0] != "tests"}
    assert codes - set(SENTENCES) == set()
