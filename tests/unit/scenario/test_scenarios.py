"""The packaged scenarios, in virtual time: every row comes out as its script says."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tacit.rules import evaluate
from tacit_services.scenario import NAMES, Scenario, ScenarioError, packaged, read, scaled, virtual
from tacit_services.scenario.model import Expectation
from tacit_services.up.exercise import SCENES
from tests.unit.scenario.exercise import Playing

PLAYING_S_MAX = 75
DEADLINE = datetime(2025, 9, 23, 8, 0, tzinfo=UTC)
ORIGIN = datetime(2026, 11, 23, 14, 0, 0, 123_456, tzinfo=UTC)
REAL_STATES = ["BGR", "CZE", "EST", "LVA", "LTU", "POL", "ROU", "SVK", "BEL", "DEU", "FRA", "TUR"]


@pytest.mark.parametrize("name", NAMES)
async def test_every_row_of_a_packaged_scenario_comes_out_as_expected(name: str) -> None:
    outcomes = await Playing(packaged(name)).play()

    assert [] == [outcome.failure for outcome in outcomes if outcome.failure]
    assert len(packaged(name).rows) == len(outcomes)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("speed", [1.0, 60.0, 600.0, 100_000.0])
async def test_every_row_comes_out_the_same_in_scaled_time(name: str, speed: float) -> None:
    scenario = packaged(name)
    outcomes = await Playing(scenario, scaled(scenario, ORIGIN, speed)).play()

    assert [] == [outcome.failure for outcome in outcomes if outcome.failure]


async def test_a_scenario_can_be_played_again_on_the_same_record() -> None:
    playing = Playing(packaged("deadline"))
    await playing.play()
    again = Playing(packaged("deadline"), scaled(packaged("deadline"), playing.desk.now()), channel="east-2")
    again.desk = playing.desk
    outcomes = await again.play()

    assert [] == [outcome.failure for outcome in outcomes if outcome.failure]
    council = playing.fold().bodies["council"]
    assert {"CC-M(2025)0012", "CC-M(2025)0013"} == council.references.keys()
    assert {"east": "East", "east-2": "East 2"} == {
        name: channel.title for name, channel in council.channels.items() if name.startswith("east")
    }


async def test_a_broken_expectation_is_told_by_row_and_in_words() -> None:
    scenario = packaged("deadline")
    rows = [
        msgspec.structs.replace(row, expect=Expectation(level="CRISIS")) if number == 9 else row
        for number, row in enumerate(scenario.rows, 1)
    ]
    outcomes = await Playing(msgspec.structs.replace(scenario, rows=tuple(rows))).play()

    told = (
        "row 9 (23 Sep 07:59:58, XEE asks for more time, 1.6 seconds before the deadline: that is not a break): "
        "level: expected CRISIS, found ROUTINE"
    )
    assert [told] == [outcome.failure for outcome in outcomes if outcome.failure]


async def test_every_kind_of_expectation_can_fail() -> None:
    wrong: dict[tuple[str, int], list[dict[str, object]]] = {
        ("article4-2022", 9): [
            {"consultation": {"ref": "request", "status": "CONVENED", "invoking": ["SVK"]}},
            {"consultations": 2},
            {"refused": "act.unknown_type"},
        ],
        ("article4-2022", 24): [
            {"text": {"ref": "statement", "status": "AGREED", "revision": 1}},
            {"text": {"ref": "nothing", "status": "AGREED", "revision": 1}},
            {
                "position": {
                    "text": "statement",
                    "member": "XCC",
                    "scope": "text",
                    "prior": "JOINS",
                    "stance": "OBJECTS",
                }
            },
            {"evaluation": {"text": "statement", "mode": "IN_MEETING", "result": "yes", "undeclared": 3}},
            {"late_objection": {"silence": "x", "member": "XCC", "late_s": 1.0}},
            {"decision": {"ref": "adopted", "text": "statement", "mode": "SILENCE"}},
            {"decisions": 1},
        ],
        ("deadline", 13): [
            {"silence": {"ref": "silence", "status": "BROKEN", "deadline": DEADLINE, "late": ["XEE"]}},
            {"late_objection": {"silence": "silence", "member": "XEE", "late_s": 0.6}},
            {"consultation": {"ref": "request", "status": "CONVENED", "invoking": ["SVK"]}},
            {"level": "CRISIS"},
        ],
        ("silence-2003", 7): [
            {"acknowledgement": {"ref": "notice", "status": "COMPLETE"}},
            {"acknowledgement": {"ref": "nothing", "status": "OPEN"}},
            {"members": 18},
        ],
        ("silence-2003", 29): [
            {"text": {"ref": "sheet", "status": "NEGOTIATING", "revision": 0}},
            {"members": 19},
        ],
    }
    for (name, number), expectations in wrong.items():
        for expectation in expectations:
            outcomes = await Playing(with_expectation(packaged(name), number, expectation)).play()

            assert [number] == [outcome.number for outcome in outcomes if outcome.failure], expectation


def with_expectation(scenario: Scenario, number: int, expectation: dict[str, object]) -> Scenario:
    rows = list(scenario.rows)
    rows[number - 1] = msgspec.structs.replace(rows[number - 1], expect=msgspec.convert(expectation, Expectation))
    return msgspec.structs.replace(scenario, rows=tuple(rows))


async def test_the_state_at_a_quarter_to_six_has_the_four_members_that_had_asked_by_then() -> None:
    playing = Playing(packaged("article4-2022"))
    await playing.play()
    then = datetime(2022, 2, 24, 5, 45, tzinfo=UTC)
    state = playing.fold(sum(entry.leaf.received_at <= then for entry in playing.desk.entries))

    assert [["POL", "EST", "LVA", "LTU"]] == [each.invoking for each in state.bodies["council"].consultations.values()]


async def test_the_same_item_is_blocked_among_nineteen_and_agreed_among_eighteen() -> None:
    playing = Playing(packaged("silence-2003"))
    await playing.play()
    deadline, evening = datetime(2003, 2, 10, 9, 0, tzinfo=UTC), datetime(2003, 2, 16, 20, 5, tzinfo=UTC)
    then, later = (
        playing.fold(sum(entry.leaf.received_at <= at for entry in playing.desk.entries)) for at in (deadline, evening)
    )
    council, defence = then.bodies["council"], later.bodies["defence-planning"]
    (text,), (sheet,) = council.texts, defence.texts
    (taken_up,) = (item for item in defence.items.values() if item.item in later.bodies["council"].texts)

    broken = evaluate(then, "council", text, "SILENCE")
    assert ("no", ("BEL", "FRA", "DEU"), 19) == (broken.result, broken.blockers, len(council.members))
    agreed = evaluate(later, "defence-planning", sheet, "IN_MEETING")
    assert ("yes", (), 18) == (agreed.result, agreed.blockers, len(defence.members))
    assert taken_up.taken_up_by == defence.texts[sheet].lineage
    assert "REFERRED" == later.bodies["council"].texts[taken_up.item].status


async def test_the_timekeeper_speaks_after_the_deadline_and_before_what_comes_later() -> None:
    playing = Playing(packaged("deadline"))
    outcomes = {outcome.number: outcome for outcome in await playing.play()}
    passed, broken = outcomes[11].entry, outcomes[13].entry

    assert passed is not None
    assert broken is not None
    assert DEADLINE < passed.leaf.received_at < DEADLINE + timedelta(milliseconds=10)
    assert DEADLINE + timedelta(seconds=0.7) == broken.leaf.received_at


def test_the_scenarios_of_the_exercise_together_take_little_more_than_a_minute() -> None:
    lengths = [scaled(packaged(each), ORIGIN).length for each in SCENES]

    assert sum(lengths, timedelta(0)).total_seconds() <= PLAYING_S_MAX


@pytest.mark.parametrize("speed", [1.0, 600.0, 1_000_000.0])
def test_seconds_around_a_deadline_stay_seconds(speed: float) -> None:
    times = scaled(packaged("deadline"), ORIGIN, speed)
    played = times(DEADLINE)

    assert [-1.6, -1.0, 0.0, 0.7] == [
        (times(DEADLINE + timedelta(seconds=off_s)) - played).total_seconds() for off_s in (-1.6, -1.0, 0.0, 0.7)
    ]
    assert played.microsecond == 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("speed", [0.5, 1.0, 600.0, 1_000_000.0])
def test_scaled_time_keeps_the_order_of_all_rows(name: str, speed: float) -> None:
    scenario = packaged(name)
    times = scaled(scenario, ORIGIN, speed)
    played = [times(row.at) for row in scenario.rows]

    assert sorted(played) == played
    assert ORIGIN == played[0]
    assert len({row.at for row in scenario.rows}) == len(set(played))


def test_virtual_time_is_scenario_time_and_scaled_time_runs_parallel_beyond_its_ends() -> None:
    scenario = packaged("deadline")
    times = scaled(scenario, ORIGIN)
    first, hour = scenario.rows[0].at, timedelta(hours=1)

    assert virtual()(first) == first
    assert virtual().length == timedelta(0)
    assert times(first - hour) == ORIGIN - hour
    assert times(scenario.rows[-1].at + hour) == ORIGIN + times.length + hour


def test_no_real_state_is_given_invented_conduct() -> None:
    rows = [row for name in NAMES for row in packaged(name).rows if row.who in REAL_STATES]

    public = {"consultation.requested.v1", "consultation.joined.v1", "silence.broken.v1"}
    assert public == {row.act for row in rows}
    assert {"public-fact"} == {row.source for row in rows}


def test_every_line_of_the_published_scripts_stands_in_its_scenario() -> None:
    lines = {name: {row.script for row in packaged(name).rows} - {None} for name in NAMES}

    assert {
        "article4-2022": set(range(1, 17)),
        "deadline": set(range(1, 5)),
        "silence-2003": set(range(1, 16)),
    } == lines


def test_what_is_not_played_has_a_reason() -> None:
    for name in NAMES:
        assert all(row.not_yet_played for row in packaged(name).rows if row.act is None)


GOOD = """
name = "own"
title = "Own"
body = "council"
channel = "east"
members = ["XAA"]
[[row]]
at = 2025-01-01T00:00:00Z
who = "secretariat"
source = "filler"
says = "allots"
act = "reference.allotted.v1"
content = { reference = "CC-M(2025)0001", subject = "Text" }
"""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("name = ", "name "), "="),
        (("title", "heading"), "heading"),
        (("T00:00:00Z", "T00:00:00"), "no zone"),
        (('"secretariat"', '"XZZ"'), "neither a member nor an office"),
        (('act = "reference.allotted.v1"', ""), "neither an act nor a reason"),
        (('subject = "Text"', 'subject = "@before"'), "before"),
    ],
)
def test_a_scenario_that_cannot_be_played_is_refused_in_words(change: tuple[str, str], words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        read(GOOD.replace(*change))


def test_rows_out_of_order_are_refused() -> None:
    earlier = GOOD[GOOD.index("[[row]]") :].replace("2025-01-01", "2024-01-01")

    with pytest.raises(ScenarioError, match="order"):
        read(GOOD + earlier)


async def test_a_content_that_is_not_that_of_its_act_is_refused_when_it_is_planned() -> None:
    scenario = read(GOOD.replace("reference.allotted.v1", "message.posted.v1"))

    with pytest.raises(ScenarioError, match=r"message\.posted\.v1"):
        await Playing(scenario).play()


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(ScenarioError, match="article4-2022, deadline, silence-2003"):
        packaged("article5")


async def test_an_act_of_the_timekeeper_that_never_comes_is_a_mismatch() -> None:
    waiting = GOOD.replace("secretariat", "timekeeper").replace("reference.allotted.v1", "silence.passed.v1")
    waiting = waiting.replace('{ reference = "CC-M(2025)0001", subject = "Text" }', WAITED_FOR)
    outcomes = await Playing(read(waiting)).play()

    assert ("no silence.passed.v1 was recorded within 15 s",) == outcomes[0].mismatches


WAITED_FOR = f'{{ silence = "{"0" * 64}", deadline = 2025-01-01T00:00:00Z }}'
