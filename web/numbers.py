"""Numbers as in the reader's language; ``js/page.js`` and ``js/kinds/numbers.js`` do the same."""

from decimal import ROUND_HALF_UP, Decimal

from django.utils.formats import number_format


def grouped(count: int) -> str:
    """Return a whole number: 12,345 in English, 12.345 in German."""
    return number_format(count, force_grouping=True)


def rounded(number: float, digits: int) -> Decimal:
    """Round as ``Intl.NumberFormat``: half up, and as the number is written in decimals."""
    exact = Decimal(repr(float(number)))
    return exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
