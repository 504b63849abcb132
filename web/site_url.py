"""The address of the site for links that people share: join links, QR codes, embed snippets.

Links in emails use ``settings.PUBLIC_URL`` alone: whoever sends a request chooses its Host header,
and must not choose where an email leads.
"""

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host

from apikit.network import is_ip_address, is_loopback, network_address


def site_url(request: HttpRequest) -> str:
    """Scheme and host at which others reach the site, without a slash at the end.

    ``PUBLIC_URL`` where it is set; else the address the page was opened with. In development a
    page opened at ``localhost`` gives the machine's network address, which phones can reach.

    :raises DisallowedHost: when the request's host is not the site's.
    """
    if settings.HAS_PUBLIC_URL:
        return settings.PUBLIC_URL
    host = request.get_host().lower()
    name, port = split_domain_port(host)
    if settings.IS_PRODUCTION:
        return f"{request.scheme}://{host}"
    # Another port is that of a tunnel or a container; the server's own address leads nowhere then.
    is_replaceable = is_loopback(name) and port == str(settings.PORT)
    if not is_replaceable and _is_linkable(name):
        return f"{request.scheme}://{host}"
    address = network_address(settings.HOST) or "localhost"
    return f"http://{address}:{settings.PORT}"


def _is_linkable(name: str) -> bool:
    """Whether links may lead to the host of a request that ``ALLOWED_HOSTS`` lets pass.

    Where development answers to all names, a foreign name may be one that an attacker points at
    this machine. Addresses and names without a dot are in nobody's hands.
    """
    return is_ip_address(name) or "." not in name or validate_host(name, settings.LINK_HOSTS)
