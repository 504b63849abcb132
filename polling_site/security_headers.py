"""Security headers of all responses."""

import functools
from types import MappingProxyType

from django.conf import settings

# No page uses these features, so no script may.
_DENIED_FEATURES = (
    "accelerometer", "camera", "geolocation", "gyroscope", "magnetometer", "microphone", "midi",
    "payment", "usb",
)  # fmt: skip


def security_headers() -> MappingProxyType[str, str]:
    """Default headers of every response."""
    return _security_headers(settings.SECURE_HSTS_SECONDS)


def api_headers() -> MappingProxyType[str, str]:
    """Default headers of API responses, including those of every response."""
    return _api_headers(settings.SECURE_HSTS_SECONDS)


@functools.cache
def _security_headers(hsts_s: int) -> MappingProxyType[str, str]:
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _DENIED_FEATURES),
    }
    if hsts_s:
        headers["Strict-Transport-Security"] = f"max-age={hsts_s}"
    return MappingProxyType(headers)


@functools.cache
def _api_headers(hsts_s: int) -> MappingProxyType[str, str]:
    return MappingProxyType({"Cache-Control": "no-store", **_security_headers(hsts_s)})
