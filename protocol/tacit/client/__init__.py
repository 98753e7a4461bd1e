"""A delegation's connection to a gateway, over sockets. The core never imports this: it is the extra `client`.

async with connect(Endpoint("https://gateway.example:8443"), author) as delegation:
    leaf = await delegation.say(content, ("council", "east"))
"""

from tacit.client.chains import Chains, Place
from tacit.client.delegation import Delegation, connect
from tacit.client.door import open_door
from tacit.client.errors import (
    ActRefusedError,
    ClientError,
    CredentialRevokedError,
    EquivocationError,
    FrameRefusedError,
    GatewayFaultError,
    QueryRefusedError,
    QueryUnavailableError,
    RecordChangedError,
    SignInRefusedError,
)
from tacit.client.evidence_file import EvidenceFile, read_evidence_file
from tacit.client.line import Endpoint
from tacit.client.memory import Memory
from tacit.client.settings import WitnessAddress, Witnesses, WitnessSettingsError, read_witnesses
from tacit.client.store import Kept, OutboxError, OutboxStore, Stage
from tacit.client.store.memory import MemoryStore
from tacit.client.store.sqlite import SqliteStore

__all__ = [
    "ActRefusedError",
    "Chains",
    "ClientError",
    "CredentialRevokedError",
    "Delegation",
    "Endpoint",
    "EquivocationError",
    "EvidenceFile",
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
    "RecordChangedError",
    "SignInRefusedError",
    "SqliteStore",
    "Stage",
    "WitnessAddress",
    "WitnessSettingsError",
    "Witnesses",
    "connect",
    "open_door",
    "read_evidence_file",
    "read_witnesses",
]
