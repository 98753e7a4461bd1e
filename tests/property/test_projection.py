"""Views are the state, at every entry and at every instant: random records, folded both ways."""

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from tacit.rules import apply_bytes, catalogue, genesis
from tacit.rules.effects import EntryVoid
from tacit_services.projector import VIEWS
from tacit_services.views import Question
from tests.property import plays
from tests.property.test_fold import junk, play
from tests.unit.projector.showing import built, folded, seen_in, seen_of

PLAYS = settings(max_examples=max(12, settings.default.max_examples // 8) if settings.default else 12)


def record(data: DataObject) -> tuple[str, list[bytes]]:
    """A record of a play, now and then with junk in it."""
    world = play(data)
    entries = [plays.stored(entry) for entry in world.entries]
    if data.draw(st.booleans()):
        entries.append(junk(data, world))
    return world.organisation, entries


def received(entries: list[bytes]) -> list[datetime]:
    """When each entry was received; a void one with the one before it."""
    state, found = genesis(catalogue()), []
    for raw in entries:
        apply_bytes(state, raw)
        assert state.last_received_at is not None
        found.append(state.last_received_at)
    return found


def rules_broken(entries: list[bytes]) -> list[str | None]:
    """Of each entry the rule by which it is void, None where it is not."""
    state, found = genesis(catalogue()), []
    for raw in entries:
        _, effects = apply_bytes(state, raw)
        found.append(next((str(effect.rule) for effect in effects if isinstance(effect, EntryVoid)), None))
    return found


@PLAYS
@given(data=st.data())
def test_views_as_of_an_entry_or_an_instant_are_the_state_as_it_was_then(data: DataObject) -> None:
    organisation, entries = record(data)
    times = received(entries)
    around = st.sampled_from([timedelta(0), timedelta(microseconds=1), timedelta(seconds=-1)])
    with built(organisation, entries) as file:
        for index in [*data.draw(st.lists(st.integers(0, len(entries) - 1), max_size=5)), len(entries) - 1]:
            asked = times[index] + data.draw(around)

            assert seen_of(folded(entries[: index + 1])) == seen_in(file, index)
            assert seen_of(folded(entries[: sum(at <= asked for at in times)])) == seen_in(file, asked)
        assert seen_of(folded(entries)) == seen_in(file, None)


@PLAYS
@given(data=st.data())
def test_every_entry_is_in_the_audit_trail_and_every_position_in_its_history(data: DataObject) -> None:
    organisation, entries = record(data)
    last: dict[tuple[object, ...], object] = {}
    with built(organisation, entries) as file, built(organisation, entries) as again:
        audit = file.select(Question("audit")).rows

        assert list(range(len(entries))) == [held.from_index for held in audit]
        assert rules_broken(entries) == [held.values["void"] for held in audit]
        for held in file.select(Question("positions", history=True)).rows:
            key = tuple(held.values[column] for column in ("text", "state", "scope"))
            assert last.get(key, "UNDECLARED") == held.values["prior"]
            last[key] = held.values["stance"]
        for view in VIEWS:
            assert file.digest(view.table.name) == again.digest(view.table.name)
