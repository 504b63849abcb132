"""Parses entity tags that proxies changed when they compressed the response."""

import re

from django.utils.http import parse_etags

# When compressing, nginx makes tags weak; Apache and Caddy append the encoding.
_FROM_A_PROXY = re.compile(r'(?:W/)?"([^"]*?)(?:[-;](?:gzip|br|zstd|deflate))?"')


def strong_etags(header: str) -> list[str]:
    """Return the tags of ``If-Match`` or ``If-None-Match`` as the server sent them; keeps ``*``.

    This is the weak comparison of RFC 9110: compression changes the bytes, but not what our tags
    identify.
    """
    tags = parse_etags(header)
    return [f'"{found[1]}"' if (found := _FROM_A_PROXY.fullmatch(tag)) else tag for tag in tags]
