"""One act, one trace: found from the act, so that nothing about it has to be written into the record."""

import asyncio
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from tacit.errors import Rule
from tacit_services.kept_fold import KeptFold
from tacit_services.ports import StoredMessage
from tacit_services.projector import VIEWS
from tacit_services.projector.keeping import Projector
from tacit_services.shell.event_store.memory import MemoryEventStore
from tacit_services.shell.traces.spans import attributes, commit_of, trace_of
from tacit_services.shell.view_store import ThreadedViews
from tacit_services.tracing import ATTRIBUTES, CALLER, UNTRACED
from tests.integration.clerk import HandClock
from tests.memory_registrar import Office, Speaker, leaf
from tests.unit.projector.stage import REACH_WAIT_S, Stage
from tests.unit.traces.told import Told, said, span_id, trace_id

STAGES = ["arrive", "verify", "judge", "wait", "commit", "answer"]
STRANGE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def submit(office: Office, told: Told, *said_now: bytes, caller: str | None = None) -> list[bytes]:
    """Hand in submissions one after the other to a registrar that is traced."""
    loop = asyncio.get_running_loop()
    answers = []
    async with office.serving(replace(office.ports(), tracing=told.traced("registrar"))) as registrar:
        for raw in said_now:
            answer: asyncio.Future[bytes] = loop.create_future()
            registrar.take(raw, answer.set_result, caller)
            answers.append(await answer)
    return answers


async def test_an_act_is_told_from_arrival_to_answer() -> None:
    office, told = Office(), Told()
    composed, raw = Speaker.of(office.world, "XAA").request()

    (answer,) = await submit(office, told, raw)

    whole = told.named("registrar.submit")
    stages = [told.named(f"registrar.{stage}") for stage in STAGES]
    assert {trace_of(composed.act_id)} == told.traces()
    assert {"tacit.act": composed.act_id, "tacit.outcome": "recorded", "tacit.index": leaf(answer).index} == said(whole)
    assert all(stage.parent is not None and stage.parent.span_id == span_id(whole) for stage in stages)
    assert all(first.end_time == second.start_time for first, second in pairwise(stages))
    assert (whole.start_time, whole.end_time) == (stages[0].start_time, stages[-1].end_time)
    assert commit_of(composed.act_id) == span_id(told.named("registrar.commit"))


async def test_a_repeat_is_told_in_the_same_trace_and_has_no_second_commit_to_hang_on() -> None:
    office, told = Office(), Told()
    composed, raw = Speaker.of(office.world, "XAA").request()

    await submit(office, told, raw, raw)

    outcomes = [said(span)["tacit.outcome"] for span in told.spans if span.name == "registrar.submit"]
    commits = [span_id(span) for span in told.spans if span.name == "registrar.commit"]
    assert ["recorded", "repeated"] == outcomes
    assert 1 == commits.count(commit_of(composed.act_id))
    assert 1 == len(told.traces())


async def test_a_refusal_is_told_with_its_rule() -> None:
    office, told = Office(), Told()
    speaker = Speaker.of(office.world, "XAA")
    speaker.request()
    _, raw = speaker.request()  # the act before it was never handed in

    await submit(office, told, raw)

    whole = said(told.named("registrar.submit"))
    assert ("refused", Rule.NUMBER_GAP.value) == (whole["tacit.outcome"], whole["tacit.rule"])


async def test_what_cannot_be_read_is_told_without_an_act() -> None:
    told = Told()

    await submit(Office(), told, b"{}")

    whole = said(told.named("registrar.submit"))
    assert "refused" == whole["tacit.outcome"]
    assert "tacit.act" not in whole
    assert 1 == len(told.traces())


async def test_whoever_stands_in_the_trace_of_the_act_is_above_the_registrar() -> None:
    office, told = Office(), Told()
    composed, raw = Speaker.of(office.world, "XAA").request()
    with told.traced("gateway").span("gateway.submit", composed.act_id) as span:
        caller = CALLER.get()
        span.outcome("receipt")

    await submit(office, told, raw, caller=caller)

    whole, above = told.named("registrar.submit"), told.named("gateway.submit")
    assert whole.parent is not None
    assert span_id(above) == whole.parent.span_id
    assert trace_of(composed.act_id) == trace_id(above) == trace_id(whole)
    assert CALLER.get() is None


@pytest.mark.parametrize(("caller", "links"), [(STRANGE, 1), ("not a traceparent", 0), ("00-" + "0" * 50, 0)])
async def test_a_strangers_trace_is_linked_and_not_joined(caller: str, links: int) -> None:
    office, told = Office(), Told()
    composed, raw = Speaker.of(office.world, "XAA").request()

    await submit(office, told, raw, caller=caller)

    whole = told.named("registrar.submit")
    assert whole.parent is None
    assert trace_of(composed.act_id) == trace_id(whole)
    assert links == len(whole.links)


async def test_services_that_tell_of_some_acts_tell_of_the_same_ones() -> None:
    office, told = Office(), Told(ratio=0.5)
    speaker = Speaker.of(office.world, "XAA")
    acts = [speaker.request() for _ in range(40)]

    await submit(office, told, *(raw for _, raw in acts))
    at_the_registrar = told.traces()
    for composed, _ in acts:
        with told.traced("gateway").span("gateway.submit", composed.act_id):
            pass

    assert 0 < len(at_the_registrar) < 40
    assert at_the_registrar == told.traces()
    assert len(at_the_registrar) == told.names.count("gateway.submit")


async def test_the_record_is_the_same_whether_anybody_is_told_or_not() -> None:
    records: list[list[StoredMessage]] = []
    for tracing in (UNTRACED, Told().traced("registrar")):
        office = Office()
        speaker, clock = Speaker.of(office.world, "XAA"), HandClock(office.world.now)
        async with office.serving(replace(office.ports(clock=clock), tracing=tracing)) as registrar:
            for _ in range(5):
                await registrar.submit(speaker.request()[1])
        records.append(office.record.messages())

    untold, told = records
    assert untold == told


async def test_a_view_tells_of_news_and_not_of_what_it_folds_again(tmp_path: Path) -> None:
    stage, told = Stage(tmp_path), Told()
    before = len(stage.world.entries)
    with ThreadedViews(stage.path, stage.world.organisation) as kept:
        store = MemoryEventStore(stage.record)
        following = KeptFold(None, stage.world.organisation)
        projector = Projector(store, kept, stage.watch, VIEWS, following, told.traced("projector"))
        async with asyncio.TaskGroup() as tasks, asyncio.timeout(REACH_WAIT_S):
            running = tasks.create_task(projector.run())
            while not projector.tracks or not all(track.live for track in projector.tracks):  # noqa: ASYNC110 - the views say so in no event
                await asyncio.sleep(0.01)
            assert [] == told.names
            stage.say(2)
            while len(told.spans) < 2:  # noqa: ASYNC110 - the exporter says so in no event
                await asyncio.sleep(0.01)
            running.cancel()

    news = [entry.leaf for entry in stage.world.entries[before:]]
    assert [(each.act, each.index) for each in news] == [
        (said(span)["tacit.act"], said(span)["tacit.index"]) for span in told.spans
    ]
    parents = [span.parent.span_id for span in told.spans if span.parent is not None]
    assert [commit_of(each.act) for each in news] == parents


def test_an_attribute_that_is_not_listed_cannot_be_told() -> None:
    with pytest.raises(KeyError, match=r"tacit\.statement"):
        attributes(statement="We cannot agree.")
    assert {"tacit.rule": "x" * 128} == attributes(rule="x" * 1_000)
    assert {"tacit.act", "tacit.index", "tacit.outcome", "tacit.rule"} == ATTRIBUTES
