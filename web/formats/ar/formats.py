"""Arabic numbers with Latin digits, as ``Intl`` in browsers writes them: 1,234.5."""

DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
