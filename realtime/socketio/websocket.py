"""A WebSocket as the transport of a Socket.IO session."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from typing import Any

from realtime.close_codes import CloseCode
from realtime.frames import PACKET_SEPARATOR
from realtime.transport import Transport, asgi_transport


def websocket_transport(
    scope: MutableMapping[str, Any],
    send: Callable[[Any], Awaitable[None]],
    last_packets: Callable[[CloseCode], list[str]],
) -> Transport:
    """Returns a transport that sends one frame per packet, and ``last_packets`` before a close."""
    native = asgi_transport(scope, send)

    async def send_text(text: str) -> None:
        for packet in text.split(PACKET_SEPARATOR):
            await native.send_text(packet)

    async def send_close(code: CloseCode) -> None:
        for packet in last_packets(code):
            await native.send_text(packet)
        await native.send_close(code)

    return replace(native, send_text=send_text, send_close=send_close)
