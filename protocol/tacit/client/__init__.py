"""A delegation's connection to a gateway, over sockets. The core never imports this: it is the extra `client`.

async with connect(Endpoint("https://gateway.example:8443"), author) as delegation:
    leaf = await delegation.say(content, ("council", "east"))
"""

from tacit.client.chains import Chains, Place
from tacit.client.delegation import Delegation, connect
from tacit.client.errors import (
    ActRefusedError,
    ClientError,
    CredentialRevokedError,
    EquivocationError,
    FrameRefusedError,
    GatewayFaultError,
    QueryRefusedError,
    QueryUnavailableError,
    SignInRefusedError,
)
from tacit.client.line import Endpoint
from tacit.client.memory import Memory
from tacit.client.store import Kept, OutboxError, OutboxStore, Stage
from tacit.client.store.memory import MemoryStore
from tacit.client.store.sqlite import SqliteStore
from tacit.client.witnesses import show_to_witnesses, submit_or_prove

__all__ = [
    "ActRefusedError",
    "Chains",
    "ClientError",
    "CredentialRevokedError",
    "Delegation",
    "Endpoint",
    "EquivocationError",
    "FrameRefusedError",
    "GatewayFaultError",
    "Kept",
    "Memory",
    "MemoryStore",
    "OutboxError",
    "OutboxStore",
    "Place",
    "QueryRefusedError",
    "QueryUnavailableError",
    "SignInRefusedError",
    "SqliteStore",
    "Stage",
    "connect",
    "show_to_witnesses",
    "submit_or_prove",
]
