"""The gateway's settings and every operating limit of it. Wire limits are in `tacit.limits`."""

from typing import Annotated, Final, Self

import msgspec

from tacit.ids import ActId
from tacit.limits import CREDIT_MAX, FRAME_BYTES_MAX
from tacit.session import Limits

SUBMIT_WAIT_S: Final = 10.0
"""For an answer of the registrar; after it the act is `unavailable`: nobody can say whether it was recorded."""

READ_WAIT_S: Final = 10.0
"""For older entries and for detached bodies from their stores."""

RETRY_S: Final = 0.25
"""Before the store is asked again when it failed."""

CLOSE_WAIT_S: Final = 2.0
"""For the last frames to leave and the closing handshake; then the connection is cut."""

DRAIN_S: Final = 5.0
"""For all goodbyes together when the gateway stops."""

ROWS_BYTES_MAX: Final = FRAME_BYTES_MAX - 16_384
"""Rows that a projector is asked for at once: they and what is around them must fit into one frame."""

PROBE_S: Final = 2.0
"""Between two looks at the dependencies."""

SLICE_ENTRIES: Final = 64
"""Entries that one follower takes in one turn, so that others get theirs."""

READ_ENTRIES: Final = 256
"""Older entries that are read from the store at once."""

FOLD_ENTRIES: Final = 64
"""Entries folded in one turn of the loop while the record is read from its beginning."""


class GatewaySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a gateway serves. Times in seconds."""

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 0
    audiences: tuple[str, ...] = ()
    """Authorities (`host:port`) under which clients reach it; none: its own address and `localhost`."""
    origins: tuple[str, ...] = ()
    """Origins whose pages may open a WebSocket here, besides pages served from the same authority."""
    board: bool = True
    """Whether the read-only page and its feed are served. They need no sign-in: see docs/reference/websocket.md."""
    connections_max: int = 1_000
    connections_per_credential_max: int = 8
    sign_in_tries_burst: int = 100
    sign_in_tries_per_s: float = 1.0
    """Connections of one address (a /64 of IPv6 is one) that end without a sign-in: so many at once, then so often."""
    sign_in_addresses_max: int = 10_000
    """Addresses of which that is remembered; beyond it the one is forgotten that tried longest ago."""
    tls_cert_file: str = ""
    tls_key_file: str = ""
    """A certificate and its key: with them clients are served by HTTPS and WSS alone."""
    boards_max: int = 200
    queries_max: int = 64
    """Questions that wait for the projector at once, of all connections and of the page."""
    board_queries_max: int = 8
    """Of these so many may be of the page, which asks for no sign-in."""
    board_queries_per_address_per_s: float = 20.0
    board_queries_per_s: float = 100.0
    """Questions of the page, of one address (a /64 of IPv6 is one) and of all together; ten seconds' worth at once."""
    in_flight_max: int = 16
    submits_per_s: int = 50
    submits_burst: int = 100
    open_submits_per_address_per_s: float = 2.0
    open_submits_per_s: float = 20.0
    """Submissions without a session, of one address and of all together: witnesses send on what they attested."""
    bad_frames_max: int = 8
    sign_in_s: int = 10
    stalled_s: int = 15
    ahead_wait_s: float = 5.0
    """How long a client that has seen more of the record than this gateway waits for the gateway to follow."""
    heartbeat_s: float = 20.0
    ring_entries: int = 4_096
    ring_bytes_max: int = 64 * 1024 * 1024
    checkpoint_look_s: float = 0.5
    """Between two looks at the notary: no client is shown more than two checkpoints in that time."""
    lag_entries_max: int = 1_000
    lag_s_max: float = 5.0
    board_pause_s: float = 0.2
    """The shortest time between two updates of one board: what happens in between comes in one."""

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if bool(self.tls_cert_file) != bool(self.tls_key_file):
            raise ValueError("gateway.tls_cert_file and gateway.tls_key_file go together")

    def limits(self) -> Limits:
        """What a client is told in the challenge."""
        return Limits(
            frame_bytes_max=FRAME_BYTES_MAX,
            in_flight_max=self.in_flight_max,
            submits_per_s=self.submits_per_s,
            submits_burst=self.submits_burst,
            credit_max=CREDIT_MAX,
            bad_frames_max=self.bad_frames_max,
            sign_in_s=self.sign_in_s,
            stalled_s=self.stalled_s,
        )


class GatewayConfig(GatewaySettings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How one gateway serves one organisation."""

    organisation: ActId

    @classmethod
    def of(cls, organisation: ActId, settings: GatewaySettings) -> Self:
        """These settings, for this organisation."""
        return cls(organisation=organisation, **msgspec.structs.asdict(settings))
