"""What a client makes of the lines under a checkpoint, where witnesses have two keys."""

from tacit.session import LogView
from tacit.testing import World, log_signer
from tests.ledger import Ledger

QUORUM = ("XAA", "XBB")
AT_S = 1_795_424_400


def test_a_witness_with_two_keys_counts_once_both_have_signed() -> None:
    world = World(witnessed="hybrid")
    ledger = Ledger.of(world)
    view = LogView(world.organisation, "XAA")
    assert world.state.charter is not None
    view.learn_charter(world.state.charter)
    note = log_signer().sign(ledger.checkpoint(ledger.size), 1)
    lines = {state: world.witness(state).sign(note.text, AT_S) for state in QUORUM}

    whole = view.open(note.with_lines(*lines["XAA"], *lines["XBB"]).encode())
    halved = view.open(note.with_lines(*lines["XAA"], lines["XBB"][0]).encode())
    other_half = view.open(note.with_lines(lines["XAA"][1], *lines["XBB"]).encode())

    assert (QUORUM, True) == (whole.cosigned, whole.is_witnessed)
    assert (("XAA",), False) == (halved.cosigned, halved.is_witnessed)
    assert (("XBB",), False) == (other_half.cosigned, other_half.is_witnessed)


def test_of_two_lines_by_one_witness_the_earlier_time_is_heard() -> None:
    world = World(witnessed="hybrid")
    ledger = Ledger.of(world)
    view = LogView(world.organisation, "XAA")
    assert world.state.charter is not None
    view.learn_charter(world.state.charter)
    note = log_signer().sign(ledger.checkpoint(ledger.size), 1)
    early, late = (world.witness("XAA").sign(note.text, AT_S + more) for more in (0, 60))

    assert (AT_S,) == view.open(note.with_lines(late[0], early[1]).encode()).times_s
