"""Plural forms of sentences for scripts, by CLDR plural category."""

from collections.abc import Callable

# A number for each category. ``Intl.PluralRules`` never returns one that the language lacks.
_EXAMPLES = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}


def plural_forms(text: Callable[[int], str]) -> dict[str, str]:
    """Return ``text`` for each category; the script fills in the places and the number."""
    return {category: text(example) for category, example in _EXAMPLES.items()}
