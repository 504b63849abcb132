"""Browsers and machines by the names people know them by."""

from django.utils.translation import gettext as _

# The first that is found counts: most browsers claim to be others as well.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def describe_user_agent(text: str) -> str:
    """``Firefox on Windows``; for what is no browser, what it calls itself."""
    browser = next((name for sign, name in _BROWSERS if sign in text), None)
    system = next((name for sign, name in _SYSTEMS if sign in text), None)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or text.partition("/")[0].strip()[:40] or _("Unknown app")
