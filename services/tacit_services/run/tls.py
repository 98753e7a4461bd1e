"""Encrypted connections: to the NATS servers as their client, and to our own clients as their server."""

import ssl
from pathlib import Path

from tacit_services.gateway import GatewaySettings
from tacit_services.run.reading import reading
from tacit_services.run.settings import NatsSettings


def tls_of(nats: NatsSettings) -> ssl.SSLContext | None:
    """How the connection to NATS is encrypted; None where it is not. Raises UnreadableFileError."""
    if not nats.tls_ca_file and not nats.tls_cert_file and not any(url.startswith("tls:") for url in nats.urls):
        return None
    context = ssl.create_default_context()
    if nats.tls_ca_file:
        context = reading("nats.tls_ca_file", nats.tls_ca_file, lambda path: ssl.create_default_context(cafile=path))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    if nats.tls_cert_file:
        _load("nats.tls_cert_file", context, nats.tls_cert_file, nats.tls_key_file)
    return context


def server_tls(gateway: GatewaySettings) -> ssl.SSLContext | None:
    """How a gateway serves its clients: HTTPS where it has a certificate. Raises UnreadableFileError."""
    if not gateway.tls_cert_file:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    _load("gateway.tls_cert_file", context, gateway.tls_cert_file, gateway.tls_key_file)
    return context


def _load(setting: str, context: ssl.SSLContext, cert_file: str, key_file: str) -> None:
    def load(path: Path) -> None:
        context.load_cert_chain(path, key_file)

    reading(setting, cert_file, load)
