"""What the board says of the log: verified with the keys of the charter, also where it is behind, silent or forked."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from prometheus_client import CollectorRegistry

from tacit.record.equivocation import check_equivocation, decode_equivocation
from tacit.record.organisation_log import log_vkeys
from tacit.testing import START, World, log_signer
from tacit_services.gateway.board_log import SHOWN_S_MAX, BoardLog, HistoriesView, LogStandingView, WitnessedView
from tacit_services.gateway.metrics import Metrics
from tests.ledger import SECOND, Ledger

WITNESSED = World(witnessed=True)
STATES = WITNESSED.witnesses
SIZE = len(WITNESSED.entries)
COSIGNED_AT = datetime.fromtimestamp(SECOND, UTC)

NOTHING = LogStandingView(
    kept=True,
    witnesses=STATES,
    quorum=2,
    notarised=None,
    witnessed=None,
    waiting=(),
    behind_since=None,
    silent=None,
    histories=None,
)


class Bench:
    """A board's view of a world's log, and a clock that stands still until it is moved."""

    def __init__(self, world: World = WITNESSED) -> None:
        self.now = START
        self.registry = CollectorRegistry()
        self.log = BoardLog(world.organisation, lambda: self.now, Metrics(self.registry))
        self.log.learn(world.state.charter)
        self.ledger = Ledger.of(world)

    async def show(self, size: int, *states: str, at_s: int = SECOND, ledger: Ledger | None = None) -> None:
        old, shown = self.log.shown, ledger or self.ledger
        proof = () if old in {0, size} else shown.consistency(old, size)
        await self.log.show(size, proof, shown.signed(size, *states, at_s=at_s))

    @property
    def standing(self) -> LogStandingView:
        found = self.log.standing(None)
        assert found is not None
        return found

    @property
    def counted(self) -> float | None:
        return self.registry.get_sample_value("tacit_gateway_log_histories_total")


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_before_anything_is_signed_the_board_says_so(bench: Bench) -> None:
    assert NOTHING == bench.standing


async def test_before_the_charter_is_known_nothing_is_said() -> None:
    log = BoardLog("0" * 64, lambda: START, Metrics(CollectorRegistry()))

    assert log.standing("no_notary") is None


async def test_a_witnessed_checkpoint_is_shown_with_who_cosigned_and_when_the_quorum_was_met(bench: Bench) -> None:
    late = Ledger.of(WITNESSED).signed(SIZE, "XAA", "XBB").decode()
    last = Ledger.of(WITNESSED).signed(SIZE, "XCC", at_s=SECOND + 60).decode().splitlines()[-1]
    await bench.log.show(SIZE, (), f"{late}{last}\n".encode())

    assert WitnessedView(SIZE, ("XAA", "XBB", "XCC"), COSIGNED_AT) == bench.standing.witnessed
    assert (SIZE, (), None) == (bench.standing.notarised, bench.standing.waiting, bench.standing.behind_since)


async def test_a_witness_with_two_keys_is_one_witness_and_has_cosigned_when_both_have() -> None:
    world = World(witnessed="hybrid")
    bench = Bench(world)
    checkpoint = bench.ledger.checkpoint(SIZE)
    note = log_signer().sign(checkpoint, SECOND)
    lines = [line for state in ("XAA", "XBB") for line in world.witness(state).sign(checkpoint.text, SECOND)]
    await bench.log.show(SIZE, (), note.with_lines(*lines[:-1]).encode())

    assert (STATES, ("XAA",), None) == (bench.standing.witnesses, bench.standing.waiting, bench.standing.witnessed)
    await bench.log.show(SIZE, (), note.with_lines(*lines).encode())
    assert WitnessedView(SIZE, ("XAA", "XBB"), COSIGNED_AT) == bench.standing.witnessed


async def test_witnesses_that_are_behind_are_named_with_since_when(bench: Bench) -> None:
    await bench.show(5, "XAA", "XBB")
    bench.now += timedelta(seconds=7)
    await bench.show(6, "XAA")
    behind_since = bench.now
    bench.now += timedelta(seconds=7)
    await bench.show(SIZE)

    assert WitnessedView(5, ("XAA", "XBB"), COSIGNED_AT) == bench.standing.witnessed
    assert (SIZE, (), behind_since) == (bench.standing.notarised, bench.standing.waiting, bench.standing.behind_since)
    await bench.show(SIZE, "XCC")
    assert ("XCC",) == bench.standing.waiting
    await bench.show(SIZE, "XBB", "XCC")
    assert bench.standing.witnessed is not None
    assert (SIZE, None) == (bench.standing.witnessed.size, bench.standing.behind_since)


async def test_without_witnesses_in_the_charter_nothing_waits_for_them() -> None:
    bench = Bench(World(notary=True))
    await bench.show(4)

    assert replace(NOTHING, witnesses=(), quorum=0, notarised=4) == bench.standing


async def test_a_charter_without_a_notary_has_no_log_and_its_silence_is_none() -> None:
    bench = Bench(World())

    assert replace(NOTHING, kept=False, witnesses=(), quorum=0) == bench.log.standing("no_notary")


async def test_a_notary_that_does_not_answer_is_said_beside_what_was_known(bench: Bench) -> None:
    await bench.show(SIZE, *STATES)
    found = bench.log.standing("no_answer")

    assert found is not None
    assert ("no_answer", SIZE) == (found.silent, found.notarised)


@pytest.mark.parametrize("raw", [b"no note", Ledger.of(World(notary=True)).signed(3)], ids=["noise", "of another log"])
async def test_what_is_no_checkpoint_of_this_log_is_passed_over(bench: Bench, raw: bytes) -> None:
    await bench.log.show(3, (), raw)

    assert bench.standing.notarised is None
    assert bench.standing.histories is None


async def test_two_histories_are_shown_for_ever_with_evidence_that_convicts(bench: Bench) -> None:
    forged = Ledger.of(WITNESSED, [*WITNESSED.entries[:4], WITNESSED.entries[3], *WITNESSED.entries[5:]])
    await bench.show(6, *STATES)
    await bench.show(6, *STATES, ledger=forged)
    await bench.show(SIZE, *STATES)

    assert HistoriesView(6, 6, certain=True, evidence=True) == bench.standing.histories
    assert 1 == bench.counted
    assert bench.log.evidence is not None
    charter = WITNESSED.state.charter
    assert charter is not None
    first, second = check_equivocation(
        decode_equivocation(bench.log.evidence), log_vkeys(WITNESSED.organisation, charter)
    )
    assert (6, 6) == (first.size, second.size)


async def test_a_larger_checkpoint_of_another_history_is_shown_by_the_proof_that_leads_elsewhere(bench: Bench) -> None:
    forged = Ledger.of(WITNESSED, [*WITNESSED.entries[:3], WITNESSED.entries[2], *WITNESSED.entries[4:]])
    await bench.show(5, *STATES)
    await bench.show(SIZE, *STATES, ledger=forged)

    assert HistoriesView(5, SIZE, certain=False, evidence=True) == bench.standing.histories
    assert 5 == bench.standing.notarised


async def test_a_witness_that_names_a_second_beyond_the_calendar_stops_nobody(bench: Bench) -> None:
    await bench.show(SIZE, *STATES, at_s=2**62)

    assert bench.standing.witnessed is not None
    assert datetime.fromtimestamp(SHOWN_S_MAX, UTC) == bench.standing.witnessed.at
