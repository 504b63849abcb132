"""Entity tags as clients send them back, after proxies have compressed what they came with."""

import re

from django.utils.http import parse_etags

# nginx makes the tag of what it compresses weak, Apache and Caddy add the encoding to it.
_FROM_A_PROXY = re.compile(r'(?:W/)?"([^"]*?)(?:[-;](?:gzip|br|zstd|deflate))?"')


def strong_etags(header: str) -> list[str]:
    """The tags of ``If-Match`` or ``If-None-Match`` as the server wrote them; ``*`` stays.

    This is the weak comparison of RFC 9110: compression changes bytes, and nothing that a tag of
    ours stands for.
    """
    tags = parse_etags(header)
    return [f'"{found[1]}"' if (found := _FROM_A_PROXY.fullmatch(tag)) else tag for tag in tags]
