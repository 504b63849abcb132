"""The outermost middleware: turns unhandled exceptions into our own 500 response."""

from apikit.exception_handler import as_api_error
from polling_site.asgi_middleware.messages import AsgiApp, Receive, Scope, Send
from polling_site.asgi_middleware.responses import send_error


class ServerErrors:
    """ASGI middleware that logs unhandled exceptions and answers 500.

    The server's own response would lack the security headers.
    """

    def __init__(self, app: AsgiApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - an outermost place
            # If the response has begun, this raises, and the server ends the connection.
            headers = {"Allow": scope["method"], "Connection": "close"}
            await send_error(scope, send, as_api_error(error), headers)
