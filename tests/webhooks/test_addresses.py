"""Webhooks reach public addresses only, whatever a URL, a name or a receiver says."""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pytest_django import Settings

from apikit.errors import ValidationFailedError
from tests.webhooks.conftest import Receiver, serve
from webhooks import sending
from webhooks.addresses import check_url, is_allowed_address
from webhooks.models import Failure

PUBLIC = ["8.8.8.8", "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "2a00:1450::1"]
PRIVATE = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.8.8.8",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001:db8::1",
    "2001:0:7f00:1::1",
    "2002:7f00:1::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_allowed_address(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_all_others_are_refused_unless_a_setting_allows_them(
    address: str, settings: Settings
) -> None:
    assert not is_allowed_address(address)
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    assert is_allowed_address(address)


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://Example.org", "https://example.org/"),
        ("https://example.org:443/a?b=c", "https://example.org/a?b=c"),
        ("https://example.org:8443/%20/ä", "https://example.org:8443/%20/%C3%A4"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://[2a00:1450::1]/", "https://[2a00:1450::1]/"),
        ("https://example.org/a#fragment", "https://example.org/a"),
    ],
)
def test_urls_are_normalized(url: str, normal: str) -> None:
    assert check_url(url) == normal
    assert check_url(normal) == normal


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "//example.org/",
        "example.org",
        "https://",
        "https:///path",
        "https://user:password@example.org/",
        "https://user@example.org/",
        "https://example.org:25/",
        "https://example.org:99999/",
        "https://example.org\\@127.0.0.1/",
        "https://example.org/a b",
        "https://example.org/\u202e",
        "https://localhost/",
        "https://a.localhost./",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://exa mple.org/",
        "https://[::1/",
        "https://example.org:x/",
        "https://\u2100.example/",
        "https://" + "a" * 2000 + ".org/",
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ValidationFailedError) as refusal:
        check_url(url)
    [error] = refusal.value.errors
    assert error.field == "url"
    # In our words, not those of Python's parser.
    assert error.message.startswith(("Must ", "Spaces, ", "At most "))


# Connections


class Names:
    """Stands in for the resolver: gives the next list of addresses at each lookup."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.lookups: list[str] = []
        self.connections: list[tuple[str, int]] = []

    def getaddrinfo(self, host: str, port: int, *args: Any, **options: Any) -> list[Any]:
        if host.replace(".", "").isdecimal():
            # An address, as socket.create_connection() passes it.
            self.connections.append((host, port))
            family = socket.AF_INET
            return [(family, socket.SOCK_STREAM, 6, "", (host, port))]
        self.lookups.append(host)
        found = self.answers.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]


def send_to(url: str) -> sending.Answer:
    return sending.send(url, {}, b"{}", should_stop=lambda: False)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    names = Names()
    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    return names


def test_a_name_that_leads_inside_is_not_connected_to(names: Names) -> None:
    names.answers = [["10.0.0.1", "169.254.169.254"]]
    assert send_to("https://inside.example/").failure == Failure.ADDRESS
    assert not names.connections


def test_a_name_that_does_not_exist_fails_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **options: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert send_to("https://nowhere.example/").failure == Failure.ADDRESS


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1"])
def test_other_spellings_of_an_address_are_refused(host: str) -> None:
    assert send_to(f"https://{host}/").failure == Failure.ADDRESS


def test_only_the_allowed_addresses_of_a_name_are_connected_to(
    names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    names.answers = [["10.0.0.1", "93.184.215.14"]]
    tried = _refuse_connections(monkeypatch)
    assert send_to("https://both.example/").failure == Failure.CONNECTION
    assert tried == ["93.184.215.14"]


def test_a_name_that_turns_private_is_not_looked_up_again(
    names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the first answer is public, the next one is not."""
    names.answers = [["93.184.215.14"], ["127.0.0.1"]]
    tried = _refuse_connections(monkeypatch)
    assert send_to("https://turns.example/").failure == Failure.CONNECTION
    assert tried == ["93.184.215.14"]
    assert names.lookups == ["turns.example"]
    # The next attempt looks it up, and is refused.
    assert send_to("https://turns.example/").failure == Failure.ADDRESS
    assert tried == ["93.184.215.14"]


def _refuse_connections(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keeps sockets from reaching anything; returns the addresses tried."""
    tried: list[str] = []

    class Socket(socket.socket):
        def connect(self, address: Any) -> None:
            tried.append(address[0])
            raise ConnectionRefusedError

    monkeypatch.setattr(socket, "socket", Socket)
    return tried


# TLS


def make_certificate(folder: Path, name: str) -> Path:
    """Writes a certificate for ``name`` with its key, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def tls_receiver(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Receiver]:
    """A receiver at https://receiver.example, whose certificate is trusted."""
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    certificate = make_certificate(tmp_path, "receiver.example")
    receiver = Receiver()
    server = serve(receiver)
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(certificate)
    server.socket = server_context.wrap_socket(server.socket, server_side=True)
    client_context = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(sending, "_ssl_context", lambda: client_context)
    receiver.url = f"https://receiver.example:{server.server_address[1]}/hook"
    yield receiver
    server.shutdown()
    server.server_close()


def test_tls_and_host_have_the_name_though_the_address_is_connected_to(
    tls_receiver: Receiver, names: Names
) -> None:
    names.answers = [["127.0.0.1"]]
    answer = send_to(tls_receiver.url)
    assert (answer.failure, answer.status) == (None, 204)
    [request] = tls_receiver.requests
    assert request.headers["host"].startswith("receiver.example:")


def test_a_certificate_for_another_name_is_refused(tls_receiver: Receiver, names: Names) -> None:
    names.answers = [["127.0.0.1"]]
    url = tls_receiver.url.replace("receiver.", "other.")
    assert send_to(url).failure == Failure.CERTIFICATE
    assert not tls_receiver.requests
