"""The network of a client, as limits count it."""

import pytest

from apikit.clients import client_network, network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("nonsense", "nonsense"),
        ("x" * 1000, "x" * 64),
        ("", ""),
        (None, ""),
    ],
)
def test_what_counts_as_one_client(address: str | None, network: str) -> None:
    assert network_of(address) == network
    assert client_network({"client": (address, 5)}) == network


@pytest.mark.parametrize("scope", [{}, {"client": None}])
def test_the_client_can_be_unknown(scope: dict[str, None]) -> None:
    assert client_network(scope) == ""
