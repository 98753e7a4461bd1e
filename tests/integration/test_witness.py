"""A witness over real HTTP, from the light package alone: its answers, its evidence, and that it survives `kill -9`."""

import asyncio
import hashlib
import socket
import subprocess
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random

import aiohttp
import pytest
from aiohttp import web

from tacit import envelope, submission
from tacit.acts import SilenceBroken
from tacit.compose import Author, Link, Window, compose
from tacit.envelope import ATTESTATION_TYPE
from tacit.record.attestation import read_attestation, verify_attestation
from tacit.record.checkpoint import Checkpoint
from tacit.record.cosignature import verify_note
from tacit.record.note import Note, parse_note, read_lines
from tacit.record.tiles import parse_path
from tacit.record.vkey import parse_vkey
from tacit.submission import Submission
from tacit.testing import signer_for
from tacit.witness import read_key
from tacit.witness.serving import utc_now
from tests.integration.witness_town import Running, command, environment, running, settle, website
from tests.property.log_files import files_of, leaves_of, root_of
from tests.scale import scale_name
from tests.unit.witness.forking import KEYS, LOG, ORGANISATION, ORIGIN, TRUE, History

PREFIX = hashlib.sha256(ORIGIN.encode()).hexdigest()
FORK = History("other ", 3)
KILLS = {"dev": 3, "full": 12, "night": 100}[scale_name()]
WAIT_S = 60


def tacit_witness(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, timeout=WAIT_S, check=False, env=environment()
    )


def broken(state: str = "XBB") -> bytes:
    """A submission of a break, composed now."""
    author = Author(ORGANISATION, state, "permanent-representative", signer_for(f"{state}/x"))
    now = utc_now()
    content = SilenceBroken(silence="e" * 64, kind="SUBSTANCE", reason="")
    window = Window(now, now + timedelta(minutes=10))
    composed = compose(author, content, ("council", "east"), Link(1, "d" * 64), window)
    return submission.encode(Submission(composed.envelope, None))


async def test_a_checkpoint_is_cosigned_shown_and_counted(tmp_path: Path) -> None:
    signer = settle(tmp_path)
    async with running(tmp_path) as witness:
        assert 404 == (await witness.get(f"{PREFIX}/checkpoint"))[0]
        status, kind, body = await witness.post("add-checkpoint", TRUE.asks(0, 5))
        shown = await witness.get(f"{PREFIX}/checkpoint")
        conflict = await witness.post("add-checkpoint", TRUE.asks(0, 9))
        metrics = await witness.get("metrics")

    assert (200, "text/plain; charset=utf-8") == (status, kind)
    verify_note(Note(TRUE.checkpoint(5).text, read_lines(body)), [signer.vkey])
    assert 3 == len(verify_note(parse_note(shown[2]), [*KEYS, signer.vkey]))
    assert (409, "text/x.tlog.size", b"5\n") == conflict
    assert b'tacit_witness_checkpoints_total{status="200"} 1\n' in metrics[2]


async def test_two_histories_are_evidence_and_the_command_says_so(tmp_path: Path) -> None:
    settle(tmp_path)
    async with running(tmp_path) as witness:
        await witness.post("add-checkpoint", TRUE.asks(0, 5))
        before = await asyncio.to_thread(tacit_witness, "evidence", tmp_path / "witness.toml")
        assert 422 == (await witness.post("add-checkpoint", FORK.asks(5, 5)))[0]
        metrics = await witness.get("metrics")
    after = await asyncio.to_thread(tacit_witness, "evidence", tmp_path / "witness.toml")

    assert (0, 1) == (before.returncode, after.returncode)
    assert "EQUIVOCATION" in after.stdout
    assert b"tacit_witness_equivocations_total 1\n" in metrics[2]
    assert "log_signed_two_histories" in (tmp_path / "witness.log").read_text()


async def test_a_fork_from_a_power_of_two_is_evidence_by_the_tiles_of_its_log(tmp_path: Path) -> None:
    async def tile(request: web.Request) -> web.Response:
        return web.Response(body=FORK.tile(parse_path(request.path.lstrip("/"))))

    async with website(web.get("/{path:.+}", tile)) as there:
        settle(tmp_path, url=f'"{there}"')
        async with running(tmp_path) as witness:
            await witness.post("add-checkpoint", TRUE.asks(0, 4))
            assert 422 == (await witness.post("add-checkpoint", FORK.asks(4, 9)))[0]
            metrics = await witness.get("metrics")
    after = await asyncio.to_thread(tacit_witness, "evidence", tmp_path / "witness.toml")

    assert b"tacit_witness_equivocations_total 1\n" in metrics[2]
    assert (1, True) == (after.returncode, "4 entries" in after.stdout)


async def test_an_act_is_attested_and_sent_on_to_registrar_and_chair(tmp_path: Path) -> None:
    got: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
    seen: Counter[str] = Counter()

    async def take(request: web.Request) -> web.Response:
        await got.put((request.path, await request.read()))
        seen[request.path] += 1
        return web.Response(status=503 if request.path == "/registrar" and seen[request.path] == 1 else 200)

    raw = broken()
    async with website(web.post("/registrar", take), web.post("/chair", take)) as there:
        signer = settle(tmp_path, registrar=f'["{there}/registrar"]', chair=f'["{there}/chair"]')
        async with running(tmp_path) as witness:
            status, kind, body = await witness.post("attest", raw)
            async with asyncio.timeout(WAIT_S):
                sent = [await got.get() for _ in range(3)]

    assert (200, "application/json") == (status, kind)
    read = envelope.decode(body, ATTESTATION_TYPE)
    verify_attestation(read, signer.vkey)
    assert envelope.act_id(submission.decode(raw).envelope.payload) == read_attestation(read).act
    assert {("/registrar", raw), ("/chair", raw)} == set(sent)
    assert 2 == sent.count(("/registrar", raw))


async def test_bad_requests_over_http_get_their_status(tmp_path: Path) -> None:
    settle(tmp_path)
    async with running(tmp_path) as witness:
        statuses = [
            (await witness.post("add-checkpoint", b"old"))[0],
            (await witness.post("attest", b"{}"))[0],
            (await witness.post("attest", b"x" * 600_000))[0],
            (await witness.post("attest", broken("XAA")))[0],
            (await witness.get(f"{PREFIX}/tile/0/000"))[0],
            (await witness.get(f"{PREFIX}/tile/../../witness.key"))[0],
            (await witness.get("healthz"))[0],
        ]

    assert [400, 400, 400, 403, 404, 404, 200] == statuses


class Crowd:
    """Asks for checkpoints of two histories and shows acts, and remembers what it got."""

    def __init__(self, witness: Running) -> None:
        self._witness = witness
        self.cosigned: list[tuple[History, int]] = []
        self.attested: dict[bytes, bytes] = {}

    async def ask(self, history: History, old: int, new: int) -> None:
        with suppress(aiohttp.ClientError, OSError):
            if (await self._witness.post("add-checkpoint", history.asks(old, new)))[0] == 200:
                self.cosigned.append((history, new))

    async def show(self, raw: bytes) -> None:
        with suppress(aiohttp.ClientError, OSError):
            status, _, body = await self._witness.post("attest", raw)
            if status == 200:
                self.attested[raw] = body

    async def kill(self, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        await self._witness.kill()


async def test_what_was_handed_out_holds_across_kills(tmp_path: Path) -> None:
    settle(tmp_path)
    chance, acts = Random(4711), [broken() for _ in range(3)]
    cosigned: list[tuple[History, int]] = []
    attested: dict[bytes, bytes] = {}
    for _ in range(KILLS):
        async with running(tmp_path) as witness:
            crowd = Crowd(witness)
            asked = [crowd.ask(chance.choice([TRUE, FORK]), old, old + chance.randint(0, 3)) for old in range(12)]
            await asyncio.gather(*asked, *map(crowd.show, acts), crowd.kill(chance.random() / 5))
        cosigned += crowd.cosigned
        assert all(attested.setdefault(raw, body) == body for raw, body in crowd.attested.items())

    for one, size in cosigned:
        for other, larger in cosigned:
            assert size > larger or one.root(size) == other.root(size)


async def test_a_mirror_cosigns_only_what_it_holds_and_serves_it(tmp_path: Path) -> None:
    serving = 300

    async def file(request: web.Request) -> web.Response:
        found = {tile.path: raw for tile, raw in files_of(serving).items()}.get(request.path.lstrip("/"))
        return web.Response(status=404) if found is None else web.Response(body=found)

    held, unheld = (
        b"old 0\n\n" + LOG.sign(Checkpoint(ORIGIN, size, root_of(leaves_of(size))), 0).encode() for size in (300, 400)
    )
    async with website(web.get("/{path:.+}", file)) as there:
        settle(tmp_path, url=f'"{there}"', mirror="true")
        async with running(tmp_path) as witness:
            refused = (await witness.post("add-checkpoint", unheld))[0]
            taken = (await witness.post("add-checkpoint", held))[0]
            served = {tile.path: (await witness.get(f"{PREFIX}/{tile.path}"))[2] for tile in files_of(300)}

    assert (503, 200) == (refused, taken)
    assert {tile.path: raw for tile, raw in files_of(300).items()} == served


def test_a_key_is_made_and_named(tmp_path: Path) -> None:
    done = tacit_witness("keygen", "witness.xaa.example", tmp_path / "witness.key")
    again = tacit_witness("keygen", "witness.xaa.example", tmp_path / "witness.key")

    assert (0, 2) == (done.returncode, again.returncode)
    assert done.stdout.startswith("witness.xaa.example+")
    assert "never written over" in again.stderr


def test_two_keys_are_made_and_named_by_two_lines_of_one_name(tmp_path: Path) -> None:
    done = tacit_witness("keygen", "--hybrid", "witness.xaa.example", tmp_path / "witness.key")
    vkeys = [parse_vkey(line) for line in done.stdout.splitlines()]

    assert [("witness.xaa.example", 0x04), ("witness.xaa.example", 0x06)] == [(key.name, key.kind) for key in vkeys]
    assert tuple(vkeys) == read_key(tmp_path / "witness.key").vkeys


def test_what_cannot_be_run_says_so_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "witness.toml").write_text("state = 1\n")
    done = tacit_witness("run", tmp_path / "witness.toml")

    assert 2 == done.returncode
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_said_to_be(tmp_path: Path) -> None:
    settle(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = tmp_path / "witness.toml"
        settings.write_text(settings.read_text().replace("port = 0", f"port = {taken.getsockname()[1]}"))
        done = tacit_witness("run", settings)

    assert (2, False) == (done.returncode, "Traceback" in done.stderr)
    assert "in use" in done.stderr


@pytest.mark.parametrize("command_", ["run", "evidence"])
def test_settings_that_are_not_there_are_said_not_to_be(tmp_path: Path, command_: str) -> None:
    assert 2 == tacit_witness(command_, tmp_path / "none.toml").returncode
