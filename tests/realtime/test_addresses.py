"""Which network a socket comes from, as limits count it."""

import pytest

from realtime.addresses import client_network


@pytest.mark.parametrize(
    ("client", "network"),
    [
        (("192.0.2.7", 5), "192.0.2.7"),
        (("::ffff:192.0.2.7", 5), "192.0.2.7"),
        (("2001:db8:1:2:3:4:5:6", 5), "2001:db8:1:2::/64"),
        (("2001:db8:1:2::1", 5), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 5), "fe80::/64"),
        (("testclient", 5), "testclient"),
        (("", 0), ""),
        (None, ""),
    ],
)
def test_the_network_of_a_client(client: tuple[str, int] | None, network: str) -> None:
    assert client_network({"client": client}) == network


def test_a_server_may_not_know_the_client() -> None:
    assert client_network({}) == ""
