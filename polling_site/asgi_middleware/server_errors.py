"""The outermost place of a request: what nothing below has answered becomes our own 500."""

from apikit.exception_handler import as_api_error
from polling_site.fast_path.plain_requests import AsgiApp, Message, Receive, Send, refuse


def answer_failures(app: AsgiApp) -> AsgiApp:
    """``app``, whose exceptions are logged and answered with an error instead of the server's own
    text, which would lack the headers that protect a response."""

    async def answered(scope: Message, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - an outermost place
            # If the response has begun, this raises, and the server ends the connection.
            headers = {"Allow": scope["method"], "Connection": "close"}
            await refuse(scope, send, as_api_error(error), headers)

    return answered
