"""Every setting there is, with its default; a name that ends in a unit has it, and times are in seconds.

One structure for all services, so that one file may serve them all: a service reads what it needs. What differs from
one service to the next on a machine (its key, its port) comes from the environment of its process.
"""

from typing import Annotated, Literal

import msgspec

from tacit_services.gateway import GatewaySettings
from tacit_services.notary import NotarySettings
from tacit_services.registrar import Limits as RegistrarLimits
from tacit_services.shell.config import SECRET


class OrganisationSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom the services serve. Neither file is ever written by a service."""

    charter_file: str = ""
    """The charter as `tacit found charter` writes it; every service needs it."""
    key_file: str = ""
    """The private key of this service's own office; registrar, timekeeper and notary need theirs, nobody else any."""


class NatsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The NATS servers, and as whom to sign in there."""

    urls: tuple[str, ...] = ("nats://127.0.0.1:4222",)
    """Servers of one cluster; a password in an address is refused, since addresses are shown."""
    replicas: Annotated[int, msgspec.Meta(ge=1, le=5)] = 1
    """Servers that keep a copy of each stream: 3 in a cluster of three. A stream that is there must agree."""
    user: str = ""
    password: Annotated[str, msgspec.Meta(extra=SECRET)] = ""
    password_file: str = ""
    """Instead of `password`: a file that holds it, such as a systemd credential."""
    creds_file: str = ""
    """Instead of a user: a `.creds` file of a NATS account server."""
    nkey_seed_file: str = ""
    """Instead of a user: a file with the seed of an nkey."""
    tls_ca_file: str = ""
    """Certificates that sign the servers'; set, or with a `tls://` address, the connection is encrypted."""
    tls_cert_file: str = ""
    tls_key_file: str = ""
    """Our own certificate and its key, where the servers ask for one."""

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if not self.urls:
            raise ValueError("nats.urls names no server")
        if any("@" in url for url in self.urls):
            raise ValueError("nats.urls holds a user: give nats.user and nats.password_file")
        ways = [self.user, self.creds_file, self.nkey_seed_file]
        if sum(map(bool, ways)) > 1:
            raise ValueError("of nats.user, nats.creds_file and nats.nkey_seed_file one may be set")
        if bool(self.user) != bool(self.password or self.password_file) or (self.password and self.password_file):
            raise ValueError("nats.user goes with either nats.password or nats.password_file")
        if bool(self.tls_cert_file) != bool(self.tls_key_file):
            raise ValueError("nats.tls_cert_file and nats.tls_key_file go together")

    def __repr__(self) -> str:
        return "NatsSettings(...)"


class StateSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a service keeps what it can always build anew from the record: an index, views, the state of its fold."""

    folder: str = ""
    """Registrar, projector and notary need one; timekeeper, relay and gateway begin sooner with one. Each its own, or a
    common one: their files have different names."""


class ProbeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a service answers `/healthz`, `/readyz` and `/metrics`."""

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 0
    """0: a free one, which the log names."""


class LogSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The log, JSON lines on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"


class TraceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where traces of acts are told (docs/how-to/trace-an-act.md)."""

    target: str = ""
    """An OTLP URL, a file, or `-`; empty: nobody."""
    ratio: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    """Of how many acts; the same for every service."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of it."""

    organisation: OrganisationSettings = OrganisationSettings()
    nats: NatsSettings = NatsSettings()
    state: StateSettings = StateSettings()
    probe: ProbeSettings = ProbeSettings()
    log: LogSettings = LogSettings()
    traces: TraceSettings = TraceSettings()
    gateway: GatewaySettings = GatewaySettings()
    notary: NotarySettings = NotarySettings()
    registrar: RegistrarLimits = RegistrarLimits()
