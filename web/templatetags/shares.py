"""Shares as bars show them."""

from django import template
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def whole_percent(percentage: float | None) -> str:
    """Return a percentage without decimals; empty for None, like ``formatShare`` in ``page.js``.

    What is not nothing is not 0 %, and what is not everything is not 100 %.
    """
    if percentage is None:
        return ""
    if 0 < percentage < 0.5:
        return _percent("<1")
    if 99.5 <= percentage < 100:
        return _percent(">99")
    # Half up, as JavaScript rounds.
    return _percent(str(int(percentage + 0.5)))


def _percent(number: str) -> str:
    # Translators: In German with a no-break space before the sign.
    return _("{number}%").format(number=number)
