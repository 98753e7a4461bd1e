"""Attacks on the file that proves one decision to an outsider, who has the organisation's id and nothing else."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from msgspec import structs

from tacit import acts, envelope
from tacit.acts import SilenceBroken, SilenceSet
from tacit.cli.command import tacit
from tacit.compose import Link, compose
from tacit.decision_bundle import Bundle, Proven, decode_bundle_file, encode_bundle_file
from tacit.detached import Detached
from tacit.record import decode_entry
from tacit.record import leaf as leaf_format
from tacit.record.note import parse_note
from tacit.testing import World
from tests.attacks.case import CLOCK, DISK, LINE, LOG, TIMEKEEPER, Named, Outcome, attack
from tests.attacks.detectors import lay
from tests.attacks.on_evidence import BEFORE, held_back
from tests.attacks.on_record import NEWS
from tests.attacks.on_rules import adopted, after_the_deadline, broken, passed
from tests.attacks.operator import STATES, Operator, story
from tests.attacks.trees import Log
from tests.unit.verify.archives import REFERENCE


def decided() -> Operator:
    """The silence of the story has passed, and the decision is on the record."""
    world = after_the_deadline(story())
    basis = world.organ("timekeeper", passed(world)).leaf.act
    world.organ("timekeeper", adopted(world, basis))
    return Operator(world)


def made(operator: Operator, folder: Path) -> Bundle:
    """The bundle as `tacit bundle` makes it from the honest archive."""
    archive, file = lay(operator.honest(), folder / "archive"), folder / "made"
    result = CliRunner().invoke(tacit, ["bundle", REFERENCE, str(archive), "-o", str(file)])
    assert 0 == result.exit_code, result.output
    return decode_bundle_file(file.read_bytes())


def told_of(bundle: Bundle, folder: Path, *options: str) -> dict[str, Any]:
    """What `tacit verify` says of it to an outsider."""
    file = folder / "handed-out"
    file.write_bytes(encode_bundle_file(bundle))
    result = CliRunner().invoke(tacit, ["verify", str(file), "--json", *options])
    told: dict[str, Any] = json.loads(result.stdout)
    assert told["ok"] == (result.exit_code == 0)
    return told


def bent(folder: Path, bend: Callable[[Operator, Bundle], Bundle], *options: str) -> Outcome:
    """Hand out another bundle than was made; the decision is what it is about."""
    operator = decided()
    told = told_of(bend(operator, made(operator, folder)), folder, *options)
    at = operator.size - 1
    found = () if told["ok"] else (Named(told["rule"], at),)
    return Outcome(at, operator.struck_at, found, operator.struck_at)


@attack("the proof of a decision is one in another tree", LINE, by="verify", name="log.proof")
def prove_a_decision_in_another_tree(folder: Path) -> Outcome:
    def bend(operator: Operator, bundle: Bundle) -> Bundle:
        operator.drop(3)
        operator.append(operator.compose("ORG", "secretariat", NEWS, text=b"1"))
        other = Log(operator.world, operator.raw)
        last = structs.replace(bundle.entries[-1], proof=other.inclusion(bundle.entries[-1].index, other.size))
        return structs.replace(bundle, entries=(*bundle.entries[:-1], last))

    return bent(folder, bend)


@attack("a decision is proven under a checkpoint that too few cosigned", LOG, by="verify", name="log.quorum")
def prove_a_decision_without_a_quorum(folder: Path) -> Outcome:
    def bend(_: Operator, bundle: Bundle) -> Bundle:
        note = parse_note(bundle.checkpoint)
        return structs.replace(bundle, checkpoint=note._replace(lines=note.lines[:4]).encode())

    return bent(folder, bend)


@attack("a decision is shown with another text", LINE, by="verify", name="detached.mismatch")
def show_another_text(folder: Path) -> Outcome:
    other = Detached(b"\0" * 32, b"1. The council decides otherwise.")
    return bent(folder, lambda _, bundle: structs.replace(bundle, text=other))


@attack("the silence that a decision rests on is not shown", LINE, by="verify", name="silence.unknown")
def leave_the_silence_out(folder: Path) -> Outcome:
    def bend(_: Operator, bundle: Bundle) -> Bundle:
        kept = [each for each in bundle.entries if not is_set(each)]
        return structs.replace(bundle, entries=tuple(kept))

    return bent(folder, bend)


def is_set(proven: Proven) -> bool:
    """Whether an entry sets a silence."""
    return isinstance(acts.decode(envelope.decode(proven.envelope).payload).content, SilenceSet)


@attack("a decision of an organisation that the operator made up", DISK, by="verify", name="header.organisation")
def make_an_organisation_up(folder: Path) -> Outcome:
    other = World(STATES, witnessed=True).organisation
    return bent(folder, lambda _, bundle: bundle, "--organisation", other)


@attack("a decision is proven under a checkpoint from before its time", CLOCK, by="verify", name="time.ahead")
def prove_a_decision_before_its_time(folder: Path) -> Outcome:
    """By the registrar's clock the closing period is over; by those of the witnesses the silence still runs."""

    def bend(operator: Operator, bundle: Bundle) -> Bundle:
        log = Log(operator.world, operator.raw)
        operator.world.wait(-3_600)
        return structs.replace(bundle, checkpoint=log.signed(log.size).encode())

    return bent(folder, bend)


def recorded_against_the_rules(operator: Operator) -> str:
    """The timekeeper says that a broken silence has passed, and adopts the text; the id of the act that adopts."""
    world, author = operator.world, operator.world.author("ORG", "timekeeper")
    said = world.compose(author, passed(world))
    link = Link(said.act.header.number + 1, said.act_id)
    then = compose(author, adopted(world, said.act_id), world.place, link, world.window())
    operator.append(said)
    operator.append(then)
    return then.act_id


def shown_whole(operator: Operator, decision: str, *left_out: type) -> Bundle:
    """A bundle of every entry of a stream, but of those that say something of these types."""
    log = Log(operator.world, operator.raw)
    shown = tuple(
        Proven(at, leaf_format.encode(entry.leaf), envelope.encode(entry.envelope), log.inclusion(at, log.size))
        for at, entry in enumerate(map(decode_entry, operator.raw))
        if not isinstance(entry.act.content, left_out)
    )
    return Bundle(1, operator.world.organisation, decision, log.signed(log.size).encode(), shown, None)


@attack(
    "a decision on a silence that evidence broke, which is shown", TIMEKEEPER, by="verify", name="silence.not_running"
)
def show_the_evidence_as_if_it_were_nothing(folder: Path) -> Outcome:
    operator, evidence = held_back(BEFORE + timedelta(seconds=1))
    operator.world.say("XCC", evidence)
    operator.take_in()
    operator.world.wait(60)
    told = told_of(shown_whole(operator, recorded_against_the_rules(operator)), folder)
    found = () if told["ok"] else (Named(told["rule"], operator.size - 1),)
    return Outcome(operator.size - 1, operator.struck_at, found, operator.struck_at)


@attack("the break is left out of what shows a decision", TIMEKEEPER, LINE, by="verify", name="hidden")
def leave_the_break_out(folder: Path) -> Outcome:
    operator = Operator(broken())
    # Whoever verifies the record finds that the rules do not admit it; an outsider has no record.
    decision = recorded_against_the_rules(operator)
    told = told_of(shown_whole(operator, decision, SilenceBroken), folder)
    # It proves what it shows. What it does not show it counts, and it says that this may be a break.
    counted = told["hidden"] and "may be a break" in told["not_proved"][0]
    found = (Named("hidden", operator.size - 1),) if counted else ()
    return Outcome(operator.size - 1, operator.struck_at, found, operator.struck_at)
