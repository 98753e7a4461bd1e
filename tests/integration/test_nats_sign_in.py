"""The ways of signing in at NATS beside a password: an nkey, a `.creds` file."""

import base64
import json
import os
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import nkeys  # type: ignore[import-untyped]  # it ships no types
import pytest

from tacit_services.run.named_files import credentials_of
from tacit_services.run.settings import NatsSettings
from tacit_services.shell.nats_connection import connect
from tacit_services.shell.nats_process import find_binary
from tests.listening import listening
from tests.ports import free_port

pytestmark = pytest.mark.requires("nats-server")

UNLIMITED: Final = dict.fromkeys(("subs", "data", "payload", "imports", "exports", "conn", "leaf"), -1)
SAID: Final = b"heard"


def key(prefix: int) -> tuple[str, nkeys.KeyPair]:
    """A fresh key: its seed, and what signs with it."""
    seed = nkeys.encode_seed(os.urandom(32), prefix)
    return seed.decode(), nkeys.from_seed(seed)


def token(issuer: nkeys.KeyPair, subject: str, name: str, claims: dict[str, object]) -> str:
    """A JWT of NATS: `name`, with these claims, signed by `issuer`."""

    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    body = {
        "jti": uuid.uuid4().hex,
        "iat": 1_700_000_000,
        "iss": issuer.public_key.decode(),
        "name": name,
        "sub": subject,
        "nats": {"version": 2, **claims},
    }
    head = part(b'{"typ":"JWT","alg":"ed25519-nkey"}') + "." + part(json.dumps(body, separators=(",", ":")).encode())
    return f"{head}.{part(issuer.sign(head.encode()))}"


@contextmanager
def server(folder: Path, configuration: str) -> Iterator[str]:
    """A server with this configuration; gives its address."""
    port = free_port()
    file = folder / "server.conf"
    file.write_text(f"listen: 127.0.0.1:{port}\n{configuration}")
    process = subprocess.Popen([str(find_binary()), "-c", str(file), "-l", str(folder / "server.log")])
    try:
        yield f"nats://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


async def heard(settings: NatsSettings, url: str) -> bytes:
    """What comes back of what is said, once signed in."""
    await listening(url)
    async with connect(url, credentials_of(settings), "test") as link:
        subscription = await link.client.subscribe("test")
        await link.client.publish("test", SAID)
        return (await subscription.next_msg(timeout=5)).data


async def test_an_nkey_is_taken(tmp_path: Path) -> None:
    seed, pair = key(nkeys.PREFIX_BYTE_USER)
    (tmp_path / "seed").write_text(seed)
    users = f"authorization {{ users: [ {{ nkey: {pair.public_key.decode()} }} ] }}\n"
    with server(tmp_path, users) as url:
        assert SAID == await heard(NatsSettings(nkey_seed_file=str(tmp_path / "seed")), url)


async def test_a_creds_file_is_taken(tmp_path: Path) -> None:
    _, operator = key(nkeys.PREFIX_BYTE_OPERATOR)
    _, account = key(nkeys.PREFIX_BYTE_ACCOUNT)
    seed, user = key(nkeys.PREFIX_BYTE_USER)
    account_id = account.public_key.decode()
    trusted = token(operator, operator.public_key.decode(), "operator", {"type": "operator"})
    limits = {"limits": {**UNLIMITED, "wildcards": True}}
    held = token(operator, account_id, "account", {"type": "account", **limits})
    own = token(account, user.public_key.decode(), "user", {"type": "user", "subs": -1, "data": -1, "payload": -1})
    (tmp_path / "user.creds").write_text(
        f"-----BEGIN NATS USER JWT-----\n{own}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
    )
    trusting = f"operator: {trusted}\nresolver: MEMORY\nresolver_preload: {{ {account_id}: {held} }}\n"
    with server(tmp_path, trusting) as url:
        assert SAID == await heard(NatsSettings(creds_file=str(tmp_path / "user.creds")), url)
