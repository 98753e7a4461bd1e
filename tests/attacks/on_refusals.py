"""Attacks by refusing: the registrar signs that an act was not admissible; whoever has the record judges it again."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from tacit import submission
from tacit.acts import Seen, SilenceBroken
from tacit.compose import Composed, sign
from tacit.detached import Detached
from tacit.errors import Rule
from tacit.ids import ORGANISATION
from tacit.reading import refused_digest
from tacit.record import Refusal, sign_refusal
from tacit.record.refusal_file import RefusalFile, encode_refusal_file
from tacit.submission import Submission
from tests.attacks.case import CLOCK, REGISTRAR, TIMEKEEPER, Named, Outcome, attack
from tests.attacks.detectors import told_by_verify
from tests.attacks.forging import charter_of
from tests.attacks.operator import Operator, silence
from tests.ledger import Ledger


def breach(operator: Operator, **header: Any) -> Composed:
    """XBB breaks the silence, which the rules admit."""
    world = operator.world
    content = SilenceBroken(silence=silence(world).silence, kind="SUBSTANCE", reason="paragraph 1")
    good = operator.compose("XBB", "permanent-representative", content)
    return sign(replace(good.act, header=replace(good.act.header, **header)), world.author("XBB").signer)


def refused(
    operator: Operator,
    folder: Path,
    said: Submission,
    rule: Rule,
    office: str = "registrar",
    **changes: Any,
) -> Outcome:
    """The act is refused with a signature; its author judges that again by the archive that everybody has."""
    world, raw = operator.world, submission.encode(said)
    act, digest = refused_digest(raw)
    told = Refusal(world.organisation, act, digest, 1, operator.size, world.now, rule, "", charter_of(world).ruleset)
    told = replace(told, **changes)
    file = RefusalFile(1, sign_refusal(told, world.author(ORGANISATION, office).signer), raw)
    (folder / "refusal.json").write_bytes(encode_refusal_file(file))
    report = told_by_verify(operator.honest(), folder, "--refusal", str(folder / "refusal.json"))
    noticed = tuple(Named(each["rule"], each["index"]) for each in report["findings"])
    return Outcome(told.size - 1, operator.struck_at, noticed, operator.struck_at, report["seconds"])


@attack("a break is refused, by a rule that it does not break", REGISTRAR, by="verify", name="refusal.wrongful")
def refuse_without_reason(folder: Path) -> Outcome:
    operator = Operator()
    return refused(operator, folder, Submission(breach(operator).envelope, None), Rule.SILENCE_NOT_RUNNING)


@attack("an act that is recorded is refused when it comes again", REGISTRAR, by="verify", name="refusal.wrongful")
def refuse_what_is_recorded(folder: Path) -> Outcome:
    operator = Operator()
    again = Submission(operator.world.entries[-1].envelope, Detached(b"\0" * 32, b"12"))
    return refused(operator, folder, again, Rule.EQUIVOCATION)


@attack("a slip is refused by a rule that sounds worse", REGISTRAR, by="verify", name="refusal.other_rule")
def refuse_by_another_rule(folder: Path) -> Outcome:
    operator = Operator()
    return refused(operator, folder, Submission(breach(operator, number=9).envelope, None), Rule.EQUIVOCATION)


@attack("a break is held until it has expired, and refused as if it had come then", REGISTRAR, CLOCK,
        by="verify", name="refusal.misplaced")  # fmt: skip
def refuse_as_expired(folder: Path) -> Outcome:
    operator = Operator()
    size = operator.size - 2
    late = breach(operator, not_after=operator.world.entries[size].leaf.received_at)
    return refused(
        operator, folder, Submission(late.envelope, None), Rule.EXPIRED,
        size=size, received_at=operator.world.now + timedelta(hours=1),
    )  # fmt: skip


@attack("a break is refused as if it had come before the silence was set", REGISTRAR, CLOCK,
        by="verify", name="refusal.misplaced")  # fmt: skip
def refuse_as_too_early(folder: Path) -> Outcome:
    operator = Operator()
    size = next(each.leaf.index for each in operator.world.entries if each.leaf.act == silence(operator.world).silence)
    root = Ledger.of(operator.world).checkpoint(operator.size).root.hex()
    said = breach(operator, seen=Seen(operator.size, root), claimed_at=before(operator, size))
    return refused(
        operator, folder, Submission(said.envelope, None), Rule.SILENCE_UNKNOWN,
        size=size, received_at=before(operator, size),
    )  # fmt: skip


@attack("a refusal by the key of another service is handed around", TIMEKEEPER, by="verify", name="refusal.unsigned")
def refuse_with_another_key(folder: Path) -> Outcome:
    operator = Operator()
    return refused(
        operator, folder, Submission(breach(operator, number=9).envelope, None), Rule.NUMBER_GAP, "timekeeper"
    )


def before(operator: Operator, size: int) -> datetime:
    """When the last of so many entries was received."""
    return operator.world.entries[size - 1].leaf.received_at
