"""Plural forms of sentences for the scripts of the kinds: see ``js/kinds/counted.js``."""

from collections.abc import Callable

from web.numbers import grouped

# A number for each CLDR plural category. ``Intl.PluralRules`` never returns a category that the
# language lacks.
_EXAMPLES = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}


def plural_forms(text: Callable[[int], str]) -> dict[str, str]:
    """Return the sentence for each plural category; ``text`` returns it with its placeholder."""
    return {category: text(example) for category, example in _EXAMPLES.items()}


def filled(text: Callable[[int], str], count: int) -> str:
    """Return the sentence for a number, which replaces ``{count}``."""
    return text(count).format(count=grouped(count))
