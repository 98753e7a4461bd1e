"""The contract of a witness, held by the fake, by the fake behind HTTP, and by the witness that we ship."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import aiohttp
import pytest
from aiohttp import web

from tacit.rates import Rates
from tacit.record.add_checkpoint import SIZE_TYPE
from tacit.record.checkpoint import Checkpoint, parse_checkpoint
from tacit.record.cosignature import NoteSigner, verify_note
from tacit.record.merkle import CompactRange, leaf_hash
from tacit.record.note import Note, parse_note, read_lines
from tacit.record.proofs import consistency_proof
from tacit.record.tiles import Tile, TileHashes, parse_path
from tacit.record.vkey import ED25519
from tacit.testing import hybrid_witness, witness_signer
from tacit.witness.app import Edge
from tacit.witness.attesting import Attestor
from tacit.witness.cosigning import Cosigner
from tacit.witness.counting import Counts
from tacit.witness.logs import WitnessedLog
from tacit.witness.memory import MemoryWitnessStore
from tacit.witness.mirror import FolderMirror
from tacit.witness.ports import LogFiles
from tacit.witness.timing import Timing
from tacit_services.notary import Witness
from tacit_services.registrar.ports import LeafMirror
from tacit_services.shell.witnesses import HttpWitness, MemoryWitness
from tacit_services.shell.witnesses.http import ANSWER_BYTES_MAX
from tacit_services.witnessing import WitnessRefusedError, WitnessSizeError, WitnessUnreachableError
from tests.property.log_files import files_of, leaves_of
from tests.witness_site import Server, serving

AT_S: Final = 1_795_424_400
AT: Final = datetime.fromtimestamp(AT_S, UTC)
LOG: Final = NoteSigner("log.example", ED25519, bytes(32))
OTHER: Final = NoteSigner("other.example", ED25519, bytes(32))
SIGNER: Final = hybrid_witness("XAA")
"""Both its lines are in every answer."""
STRANGER: Final = NoteSigner("log.example", ED25519, b"1" * 32)


def checkpoint(size: int, signer: NoteSigner = LOG, salt: bytes = b"") -> bytes:
    tree = CompactRange()
    for leaf in leaves_of(size):
        tree.append(leaf_hash(leaf + salt) if salt else leaf)
    text = Checkpoint(signer.vkey.name, size, tree.root()).text
    return Note(text, (signer.sign(text),)).encode()


def proof(old: int, new: int) -> tuple[bytes, ...]:
    files = files_of(new)
    return consistency_proof(old, new, TileHashes(lambda tile: files[tile], new))


@pytest.fixture
def witness() -> MemoryWitness:
    return MemoryWitness(SIGNER, [LOG.vkey], lambda: AT_S)


@pytest.fixture
async def server(witness: MemoryWitness) -> AsyncIterator[tuple[Server, str]]:
    async with serving(witness) as found:
        yield found


@asynccontextmanager
async def asked(kind: str, witness: MemoryWitness, prefix: str) -> AsyncIterator[Witness]:
    """The witness that is asked, and how."""
    if kind == "memory":
        yield witness
        return
    async with AsyncExitStack() as stack:
        if kind == "tacit witness":
            prefix = await stack.enter_async_context(own_witness())
        yield HttpWitness(await stack.enter_async_context(aiohttp.ClientSession()), prefix)


@pytest.fixture(params=["memory", "http", "tacit witness"])
async def port(
    request: pytest.FixtureRequest, witness: MemoryWitness, server: tuple[Server, str]
) -> AsyncIterator[Witness]:
    async with asked(request.param, witness, server[1]) as found:
        yield found


@pytest.fixture(params=["memory", "http"])
async def fake(
    request: pytest.FixtureRequest, witness: MemoryWitness, server: tuple[Server, str]
) -> AsyncIterator[Witness]:
    """One that can be put in a mood."""
    async with asked(request.param, witness, server[1]) as found:
        yield found


@asynccontextmanager
async def own_witness(mirrors: Mapping[str, FolderMirror] | None = None) -> AsyncIterator[str]:
    """The witness that we ship, with its fake store."""
    counts, log = Counts(), OwnLog("", (LOG.vkey,), mirrored=False)
    timing = Timing(lambda: AT, AT.timestamp, counts)
    cosigner = Cosigner(MemoryWitnessStore(), SIGNER, (log,), timing, counts, LogFiles({}, {}))
    rates = Rates(1_000, 1_000, 1, 0)
    attestor = Attestor(MemoryWitnessStore(), witness_signer("XAA"), "XAA", (), timing, counts, Nowhere())
    edge = Edge(cosigner, attestor, (log,), mirrors or {}, counts, (rates, rates))
    runner = web.AppRunner(edge.app(), shutdown_timeout=0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{site.port}/"
    finally:
        await runner.cleanup()


class OwnLog(WitnessedLog):
    """A log that is called otherwise than those of organisations are."""

    @property
    def origin(self) -> str:
        return self.keys[0].name


class Nowhere:
    """Sends nothing on."""

    def forward(self, organisation: str, submission: bytes) -> None:
        raise AssertionError("nothing is attested here")


async def test_it_cosigns_what_continues_what_it_knows(port: Witness) -> None:
    await port.cosign(0, (), checkpoint(5))
    answer = await port.cosign(5, proof(5, 300), checkpoint(300))
    again = await port.cosign(300, (), checkpoint(300))

    for each in (answer, again):
        note = parse_note(checkpoint(300)).with_lines(*read_lines(each))
        assert [(vkey, AT_S) for vkey in SIGNER.vkeys] == [*verify_note(note, SIGNER.vkeys)]


class Files:
    """The log's own address."""

    async def read(self, path: str) -> bytes:
        return files_of(300)[parse_path(path)]


@asynccontextmanager
async def mirroring(kind: str, folder: Path, witness: MemoryWitness) -> AsyncIterator[LeafMirror]:
    """A witness that mirrors the log."""
    if kind == "memory":
        witness.mirrored = {(LOG.vkey.name, tile): raw for tile, raw in files_of(300).items()}
        yield witness
        return
    mirror = FolderMirror(folder, Files())
    await mirror.hold(300, parse_checkpoint(parse_note(checkpoint(300)).text).root)
    async with own_witness({LOG.vkey.name: mirror}) as prefix, aiohttp.ClientSession() as session:
        yield HttpWitness(session, prefix)


@pytest.mark.parametrize("kind", ["memory", "tacit witness"])
async def test_it_shows_what_it_mirrors_and_nothing_else(kind: str, tmp_path: Path, witness: MemoryWitness) -> None:
    files = files_of(300)
    async with mirroring(kind, tmp_path, witness) as port:
        shown = {tile: await port.tile(LOG.vkey.name, tile) for tile in files}
        beyond = await port.tile(LOG.vkey.name, Tile(0, 2, 7))
        others = await port.tile(OTHER.vkey.name, next(iter(files)))

    assert files == shown
    assert (None, None) == (beyond, others)


async def test_a_witness_that_mirrors_nothing_shows_no_leaf(witness: MemoryWitness) -> None:
    async with own_witness() as prefix, aiohttp.ClientSession() as session:
        for port in (witness, HttpWitness(session, prefix)):
            assert await port.tile(LOG.vkey.name, Tile(0, 0)) is None


async def test_it_says_where_it_stands(port: Witness) -> None:
    await port.cosign(0, (), checkpoint(5))

    for old in (0, 4):
        with pytest.raises(WitnessSizeError) as stands:
            await port.cosign(old, proof(old, 300), checkpoint(300))
        assert 5 == stands.value.size


async def test_it_shows_what_it_cosigned_last(port: Witness) -> None:
    assert await port.latest("log.example") is None

    await port.cosign(0, (), checkpoint(5))
    await port.cosign(5, proof(5, 7), checkpoint(7))

    shown = parse_note((await port.latest("log.example")) or b"")
    assert parse_note(checkpoint(7)).text == shown.text
    assert 3 == len(verify_note(shown, [LOG.vkey, *SIGNER.vkeys]))


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ((0, (), checkpoint(5, OTHER)), 404),
        ((0, (), checkpoint(5, STRANGER)), 403),
        ((5, (), checkpoint(300)), 422),
        ((5, proof(5, 300)[::-1], checkpoint(300)), 422),
        ((5, (), checkpoint(5, salt=b"other")), 422),
    ],
    ids=["unknown log", "wrong key", "no proof", "wrong proof", "another tree"],
)
async def test_it_refuses(port: Witness, given: tuple[int, tuple[bytes, ...], bytes], status: int) -> None:
    await port.cosign(0, (), checkpoint(5))

    with pytest.raises(WitnessRefusedError) as refused:
        await port.cosign(*given)

    assert status == refused.value.status


async def test_an_answer_that_is_lost_was_given(fake: Witness, witness: MemoryWitness) -> None:
    witness.mood = "forgetful"
    with pytest.raises(WitnessUnreachableError):
        await fake.cosign(0, (), checkpoint(5))
    witness.mood = "well"

    with pytest.raises(WitnessSizeError) as stands:
        await fake.cosign(0, (), checkpoint(5))
    assert 5 == stands.value.size


@pytest.mark.parametrize(
    "answer",
    [
        web.Response(status=409, body=b"05\n", content_type=SIZE_TYPE),
        web.Response(status=500),
        web.Response(body=bytes(ANSWER_BYTES_MAX + 1)),
    ],
    ids=["no size", "broken", "endless"],
)
async def test_what_is_no_answer_is_as_good_as_none(server: tuple[Server, str], answer: web.Response) -> None:
    server[0].answer = answer
    async with aiohttp.ClientSession() as session:
        with pytest.raises(WitnessUnreachableError):
            await HttpWitness(session, server[1]).cosign(0, (), checkpoint(5))


async def test_a_conflict_that_says_no_size_is_a_refusal(server: tuple[Server, str]) -> None:
    server[0].answer = web.Response(status=409, body=b"5\n", content_type="text/plain")
    async with aiohttp.ClientSession() as session:
        with pytest.raises(WitnessRefusedError):
            await HttpWitness(session, server[1]).cosign(0, (), checkpoint(5))


async def test_nobody_there_is_unreachable() -> None:
    async with aiohttp.ClientSession() as session:
        for prefix in ("http://127.0.0.1:9/", "http://"):
            with pytest.raises(WitnessUnreachableError):
                await HttpWitness(session, prefix).latest("log.example")


async def test_a_silent_one_does_not_answer_and_may_be_left(witness: MemoryWitness) -> None:
    witness.mood = "silent"
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await witness.latest("log.example")
