"""Shares as bars show them."""

from django import template

register = template.Library()


@register.filter
def whole_percent(percentage: float | None) -> str:
    """Return a percentage without decimals; empty for None, like ``formatShare`` in ``page.js``.

    What is not nothing is not 0 %, and what is not everything is not 100 %.
    """
    if percentage is None:
        return ""
    if 0 < percentage < 0.5:
        return "<1%"
    if 99.5 <= percentage < 100:
        return ">99%"
    # Half up, as JavaScript rounds.
    return f"{int(percentage + 0.5)}%"
