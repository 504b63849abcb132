"""Requests written byte by byte, as no client library would send them."""

import socket
from collections.abc import Iterable

TIMEOUT_S = 10


def exchange(port: int, *parts: bytes, until_upgraded: bool = False) -> bytes:
    """Sends each part as soon as it can; returns what the server writes until it closes.

    ``until_upgraded`` returns early when the connection has become a socket.
    """
    with socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as connection:
        try:
            for part in parts:
                connection.sendall(part)
        except ConnectionError:
            pass  # It may be refused before it is complete.
        answer = b""
        try:
            while part := connection.recv(65_536):
                answer += part
                if until_upgraded and answer.startswith(b"HTTP/1.1 101 "):
                    break
        except ConnectionResetError:
            pass
        return answer


def request(line: str, *headers: bytes, body: bytes = b"", close: bool = True) -> bytes:
    """The bytes of a request; the last on its connection unless ``close`` is false."""
    ending = [b"Connection: close"] if close else []
    lines = [f"{line} HTTP/1.1".encode("latin-1"), b"Host: localhost", *headers, *ending]
    return b"\r\n".join([*lines, b"", body])


def chunked(parts: Iterable[bytes]) -> bytes:
    """A body in chunks, one for each part that is not empty."""
    chunks = [b"%x\r\n%s\r\n" % (len(part), part) for part in parts if part]
    return b"".join([*chunks, b"0\r\n\r\n"])


def status_of(answer: bytes) -> int:
    """The status of the first response, or 0 if there is none."""
    words = answer.split(b" ", 2)
    return int(words[1]) if len(words) > 1 else 0


def body_of(answer: bytes) -> bytes:
    """The body of the only response."""
    return answer.partition(b"\r\n\r\n")[2]
