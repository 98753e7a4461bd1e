"""What the page about clients shows runs as it stands there: its functions, and the example in another language."""

import asyncio
import hashlib
import shutil
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, cast

from tacit.acts import CredentialEnrolled, OfficeAccredited
from tacit.ids import ROOT
from tacit.record import decode_entry
from tacit.signing import Signer
from tacit.testing import OFFICE, World, signer_for
from tacit_services.gateway import GatewayConfig
from tacit_services.shell.organisation_files import KeyFile, write_keys
from tests.integration.clerk import Clerk
from tests.integration.client_page import example
from tests.integration.doorstep import gateway, ports_of
from tests.requirement import ROOT as PROJECT
from tests.requirement import require_or_skip

EXAMPLE: Final = PROJECT / "examples" / "session.mjs"
NODE_WAIT_S: Final = 60
ReadSeeds = Callable[[Path], tuple[bytes, ...]]
SayAndListen = Callable[[str, str, tuple[bytes, ...]], Awaitable[list[str]]]
Enrol = Callable[[str, str, Signer, str, str, Signer], Awaitable[int]]


def clerk_of(world: World) -> tuple[Clerk, GatewayConfig]:
    clerk = Clerk(world)
    return clerk, GatewayConfig(organisation=clerk.organisation)


async def test_the_example_says_an_act_and_hears_the_record(tmp_path: Path) -> None:
    world = World(start=datetime.now(UTC))
    clerk, config = clerk_of(world)
    file = key_file(tmp_path / "key.json", f"XAA/{OFFICE}")
    async with gateway(config, ports_of(clerk)) as url:
        held = cast("ReadSeeds", example("read_seeds"))(file)
        heard = await cast("SayAndListen", example("say_and_listen"))(url, clerk.organisation, held)

    assert len(world.entries) + 1 == len(heard)
    assert f"{len(world.entries)} XAA We ask for an explanation." == heard[-1]


async def test_a_root_enrols_a_key_as_the_page_shows() -> None:
    world = World(start=datetime.now(UTC))
    world.organ("secretariat", OfficeAccredited(state="XAA", office="deputy", title="Deputy", commits=False))
    clerk, config = clerk_of(world)
    root, key = signer_for(f"XAA/{ROOT}"), signer_for("XAA/deputy")
    async with gateway(config, ports_of(clerk)) as url:
        index = await cast("Enrol", example("enrol"))(url, clerk.organisation, root, "XAA", "deputy", key)

    (stored,) = await clerk.store.read(index + 1, 1)
    content = decode_entry(stored.data).act.content
    assert isinstance(content, CredentialEnrolled)
    assert (key.keys, None) == (content.keys, content.replaces)


def key_file(path: Path, name: str) -> Path:
    seed = hashlib.sha256(f"{name} ed25519".encode()).digest()
    write_keys(path, KeyFile("ed25519", (seed,)))
    return path


async def in_node(*arguments: str | Path) -> tuple[int | None, list[str]]:
    """Run the example; its exit code and what it printed."""
    node = shutil.which("node")
    if node is None:
        require_or_skip("no node on the PATH: a client without our code was not seen")
    program = [node, "--no-warnings", "--experimental-websocket", EXAMPLE, *arguments]
    process = await asyncio.create_subprocess_exec(*program, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(NODE_WAIT_S):
        printed, _ = await process.communicate()
    return process.returncode, printed.decode().splitlines()


async def test_a_client_without_our_code_hands_in_and_reads_its_receipt_or_refusal(tmp_path: Path) -> None:
    world = World(start=datetime.now(UTC))
    clerk, config = clerk_of(world)
    size, speaker = len(world.entries), f"XAA/{OFFICE}"
    key = key_file(tmp_path / "key.json", speaker)
    words = "On our way", "We arrive at \u00bdpast noon \u2013 \U0001f6eb."
    async with gateway(config, ports_of(clerk)) as url:
        asked = f"{url.replace('http', 'ws')}/v1/ws", clerk.organisation, key, speaker
        first = await in_node(*asked, "council/east", *words)
        second = await in_node(*asked, "council/east", *words)
        refused = await in_node(*asked, "council/nowhere", *words)
        elsewhere = await in_node(asked[0], "0" * 64, key, speaker, "council/east", *words)

    recorded = [decode_entry(message.data) for message in await clerk.store.read(size + 1, 9)]
    for at, (status, printed) in enumerate((first, second)):
        leaf = recorded[at].leaf
        assert (0, f"recorded at {size + at} as {leaf.act}") == (status, printed[-1].split(",")[0])
    assert [1, 2] == [each.act.header.number for each in recorded]
    assert (1, "refused: header.channel_unknown (nowhere)") == (refused[0], refused[1][-1])
    assert (3, [f"this gateway serves the organisation {clerk.organisation}"]) == elsewhere
