"""The NATS configurations of deploy/, put in place as the runbook says: organisation, passwords, certificates."""

import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from os import environ
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tacit import subjects
from tacit.ids import ActId
from tacit_services.run.services import SERVICES
from tacit_services.shell.nats_connection import Credentials
from tacit_services.shell.nats_process import find_binary
from tests.cluster import Cluster
from tests.ports import free_ports

DEPLOY: Final = Path(__file__).resolve().parents[1] / "deploy"
USERS: Final = (*SERVICES, "founding", "reader", "administrator", "system")
NAMES: Final = ("n0", "n1", "n2", "localhost")


def put(folder: Path, organisation: ActId) -> None:
    """Copy the configurations and name the organisation in them."""
    for path in (DEPLOY / "nats").glob("*.conf"):
        text = path.read_text(encoding="utf-8").replace("ORGANISATION", subjects.tag(organisation))
        (folder / path.name).write_text(text, encoding="utf-8")


def sign_in(user: str) -> Credentials:
    """One of the users of accounts.conf."""
    assert user in USERS
    return Credentials(user, f"secret-of-{user}")


def passwords() -> dict[str, str]:
    """What the environment of a server holds for accounts.conf."""
    return {f"{user.upper()}_PASSWORD": sign_in(user).password for user in USERS}


@contextmanager
def single_server(folder: Path, organisation: ActId) -> Iterator[str]:
    """Run one server as single.conf says; gives its address."""
    put(folder, organisation)
    listen, http = (f"127.0.0.1:{port}" for port in free_ports(2))
    own = {"NATS_LISTEN": listen, "NATS_HTTP": http, "NATS_STORE": str(folder / "store"), **passwords()}
    command = [str(find_binary()), "-c", str(folder / "single.conf"), "-l", str(folder / "server.log")]
    process = subprocess.Popen(command, env={**environ, **own})
    try:
        yield f"nats://{listen}"
    finally:
        process.terminate()
        process.wait()


def certificates(folder: Path) -> dict[str, str]:
    """An authority, and one certificate for all servers; as the environment of a server names them."""
    authority, own = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of a test")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "servers of a test")])
    names = [x509.DNSName(name) for name in NAMES]
    signed = (
        _certificate(issuer, issuer, authority)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority, None)
    )
    held = (
        _certificate(issuer, subject, own)
        .add_extension(x509.SubjectAlternativeName([*names, x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .sign(authority, None)
    )
    files = {"TLS_CA": folder / "ca.pem", "TLS_CERT": folder / "server.pem", "TLS_KEY": folder / "server.key"}
    files["TLS_CA"].write_bytes(signed.public_bytes(Encoding.PEM))
    files["TLS_CERT"].write_bytes(held.public_bytes(Encoding.PEM))
    files["TLS_KEY"].write_bytes(own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return {name: str(path) for name, path in files.items()}


def _certificate(issuer: x509.Name, subject: x509.Name, key: Ed25519PrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
    )


def shipped_cluster(folder: Path, organisation: ActId) -> Cluster:
    """Three servers as cluster.conf says, with encrypted connections; not ready yet."""
    put(folder, organisation)
    files = certificates(folder)
    configuration = (folder / "cluster.conf").read_text(encoding="utf-8")
    tls = ssl.create_default_context(cafile=files["TLS_CA"])
    return Cluster(folder, configuration, passwords() | files, sign_in("administrator"), tls)
