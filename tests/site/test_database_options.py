"""What is asked of PostgreSQL connections, so that one that is silently dropped is noticed."""

import socket
from typing import Any

import pytest
from django.db import connection

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def test_a_silent_connection_is_given_up_within_half_a_minute() -> None:
    connection.ensure_connection()
    descriptor: Any = connection.connection.pgconn.socket
    with socket.socket(fileno=socket.dup(descriptor)) as sock:
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        idle_s, interval_s, count = (
            sock.getsockopt(socket.IPPROTO_TCP, option)
            for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        )
        assert idle_s + interval_s * count <= 30
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000
