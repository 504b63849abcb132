"""``make messages``: updates the translation catalogs from templates and code.

Django's makemessages extracts the strings. Existing translations are kept, removed strings are
dropped, and new strings are left empty, to be translated in ``web/locale/<language>/LC_MESSAGES``.
Entries are sorted and have no dates or line numbers, so that branches merge cleanly. After a merge,
this also removes duplicate entries.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "web"
# The apps with strings; the catalogs of all are in that of the pages.
SOURCES = ("web", "digests", "webhooks", "reports", "votes", "polls", "workspaces")
LANGUAGES = {
    "de": "nplurals=2; plural=(n != 1);",
    "ar": "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 "
    ": n%100>=11 && n%100<=99 ? 4 : 5;",
}


def main() -> int:
    fresh = extract()
    for language in LANGUAGES:
        catalog = merge(fresh, language)
        catalog.save(str(po_path(language)))
        catalog.save_as_mofile(str(po_path(language).with_suffix(".mo")))
        missing = catalog.untranslated_entries()
        print(f"{language}: {len(catalog)} strings, {len(missing)} to translate")
    return 0


def po_path(language: str) -> Path:
    return APP / "locale" / language / "LC_MESSAGES" / "django.po"


def extract() -> list[polib.POEntry]:
    """Returns all translatable strings of the apps, sorted."""
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory)
        for app in SOURCES:
            ignored = shutil.ignore_patterns("locale", "static")
            shutil.copytree(ROOT / app, copy / app, ignore=ignored)
        (copy / "locale").mkdir()
        command = ["-m", "django", "makemessages", "--locale=en", "--no-location", "--no-wrap"]
        # Django's default settings: extraction needs neither ours nor a database.
        environment = os.environ | {"DJANGO_SETTINGS_MODULE": "django.conf.global_settings"}
        subprocess.run(
            [sys.executable, *command, "--verbosity=0"], cwd=copy, env=environment, check=True
        )
        found = polib.pofile(str(copy / "locale" / "en" / "LC_MESSAGES" / "django.po"))
    return sorted(found, key=key_of)


def merge(fresh: list[polib.POEntry], language: str) -> polib.POFile:
    """Returns a language's catalog with exactly the ``fresh`` strings."""
    catalog = polib.POFile(wrapwidth=0)
    catalog.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Language": language,
        "Plural-Forms": LANGUAGES[language],
    }
    known = known_entries(language)
    for entry in fresh:
        translated = known.get(key_of(entry))
        catalog.append(
            polib.POEntry(
                msgid=entry.msgid,
                msgid_plural=entry.msgid_plural,
                msgctxt=entry.msgctxt,
                comment=entry.comment,
                flags=[flag for flag in entry.flags if flag != "fuzzy"],
                msgstr=translated.msgstr if translated else "",
                msgstr_plural=plurals_of(entry, translated, language),
            )
        )
    return catalog


def known_entries(language: str) -> dict[tuple[str, str], polib.POEntry]:
    """Returns the existing entries; of duplicates, the translated one."""
    if not po_path(language).exists():
        return {}
    entries = polib.pofile(str(po_path(language)))
    return {key_of(entry): entry for entry in sorted(entries, key=polib.POEntry.translated)}


def plurals_of(
    entry: polib.POEntry, translated: polib.POEntry | None, language: str
) -> dict[int, str]:
    if not entry.msgid_plural:
        return {}
    forms = int(LANGUAGES[language].partition("=")[2][0])
    known = translated.msgstr_plural if translated else {}
    return {form: known.get(form, "") for form in range(forms)}


def key_of(entry: polib.POEntry) -> tuple[str, str]:
    return entry.msgid, entry.msgctxt or ""


if __name__ == "__main__":
    sys.exit(main())
