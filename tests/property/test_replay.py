"""Any record, played again into another organisation, comes out as it did; also when the play is interrupted."""

from hypothesis import event, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from tacit.record import decode_entry
from tacit_services.replay.outcome import differences
from tacit_services.replay.playing import Player, TooCloseError
from tacit_services.replay.span import Span
from tests.property.test_projection import record
from tests.unit.replay.sandbox import Theatre

PLAYS = settings(max_examples=max(12, settings.default.max_examples // 8) if settings.default else 12)


def rests_on_witnesses(player: Player) -> bool:
    """What witnesses attested cannot be said again in their name, so it is not played and the outcome says so."""
    return any(each.type == "evidence.lodged.v1" and "void" not in each.reason for each in player.skipped)


@PLAYS
@given(data=st.data())
def test_a_record_that_is_played_again_has_the_same_outcome(data: DataObject) -> None:
    _, entries = record(data)
    last = data.draw(st.integers(2, len(entries) - 1))
    theatre = Theatre()

    player, retelling = theatre.play(entries, Span(0, last))

    compared, found = differences(player.original, theatre.sandbox.state, retelling.ids, None)
    if rests_on_witnesses(player):
        assert found
        return
    assert () == found
    assert compared > 0
    assert {"void in the original"} >= {each.reason.split(":")[0] for each in player.skipped}
    assert last + 1 == player.original.size == theatre.sandbox.state.size + len(player.skipped)
    times = [entry.leaf.received_at for entry in theatre.sandbox.entries[2:]]
    played = [raw for index, raw in enumerate(entries[: last + 1]) if index not in {s.index for s in player.skipped}]
    assert [decode_entry(raw).leaf.received_at for raw in played[2:]] == times


@PLAYS
@given(data=st.data())
def test_a_play_that_was_interrupted_goes_on_and_comes_out_the_same(data: DataObject) -> None:
    _, entries = record(data)
    span, theatre = Span(0, len(entries) - 1), Theatre()
    for until in sorted(data.draw(st.lists(st.integers(1, len(entries)), max_size=3))):
        try:
            theatre.play(entries, span, until)
        except TooCloseError:
            event("too close to a deadline")
            return

    try:
        player, retelling = theatre.play(entries, span)
    except TooCloseError:
        event("too close to a deadline")
        return

    _, found = differences(player.original, theatre.sandbox.state, retelling.ids, None)
    if rests_on_witnesses(player):
        assert found
        return
    assert () == found
    recorded = player.acts + player.recorded_before
    assert theatre.sandbox.state.size == recorded + theatre.sandbox.state.term
