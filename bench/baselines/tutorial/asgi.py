from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

# First, because the other imports need its apps.
django_application = get_asgi_application()

from bench.baselines.tutorial.urls import sockets  # noqa: E402

application = ProtocolTypeRouter({"http": django_application, "websocket": sockets})
