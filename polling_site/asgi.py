"""The ASGI entry point for servers: ``polling_site.asgi:application``."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polling_site.settings")
# Sets Django up, before anything that uses its models is imported.
django_application = get_asgi_application()

from polling_site.routing import make_application  # noqa: E402
from polling_site.server.warm_up import warm_up  # noqa: E402

application = make_application(django_application)  # type: ignore[arg-type]  # a dict is mutable enough
warm_up()
