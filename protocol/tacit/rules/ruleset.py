"""Rule-sets: what differs between bodies, as versioned data. A charter names one by the SHA-256 of its file."""

import hashlib
from importlib import resources
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from tacit.acts import RuleSetRef, Stance
from tacit.errors import RefusedError, Rule
from tacit.ids import Count, Digest, Ordinal, Title

Role = Literal["root", "member", "delegation", "chair", "secretariat", "registrar", "timekeeper"]
"""Who may sign a type of act: `member` = an office that commits its state, `delegation` = any accredited office."""


class ConsensusRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in the way of consensus when the chair puts the question."""

    blocks: tuple[Stance, ...]
    qualifies: tuple[Stance, ...]
    undeclared_before_question: Literal["indeterminate", "consents"]


class SilenceRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The clock of a silence procedure. Times in seconds."""

    boundary: Literal["at_or_before", "before"]
    duration_min_s: Count
    closing_period_s: Count
    late_objection_s: Count
    outage_margin_s: Count


class TallyRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which stances on a whole text are votes. A stance that is in none of the lists is not counted."""

    yes: tuple[Stance, ...]
    no: tuple[Stance, ...]
    abstain: tuple[Stance, ...]


class RuleSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one kind of body decides. `who` gives the roles for each act by its tag; a tag that is absent is nobody's."""

    name: Title
    version: Ordinal
    engine: Literal["1"]
    who: dict[str, tuple[Role, ...]]
    consensus: ConsensusRules
    silence: SilenceRules
    tally: TallyRules | None = None
    """A body that counts votes has one; where it is absent, nothing is counted."""


class NamedRuleSet(msgspec.Struct, frozen=True):
    """A rule-set and the reference by which a charter names it."""

    ref: RuleSetRef
    rules: RuleSet


RULESET_BYTES_MAX: Final = 65_536
PACKAGED: Final = ("nato-like", "tally", "nato-like-2", "tally-2", "nato-like-exercise")
"""By the names of their files: a version after the first has its number at the end."""
_File = Annotated[bytes, Meta(max_length=RULESET_BYTES_MAX)]


def read_ruleset(raw: _File) -> NamedRuleSet:
    """Read a rule-set file. Its bytes are hashed as they are: the file may be laid out for people.

    Raises:
        RefusedError: `profile.*` when it is not a rule-set of this engine.
    """
    if len(raw) > RULESET_BYTES_MAX:
        raise RefusedError(Rule.TOO_LARGE, f"{len(raw)} bytes")
    try:
        rules = msgspec.json.decode(raw, type=RuleSet)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedError(Rule.WRONG_VALUE, str(error)) from error
    return NamedRuleSet(RuleSetRef(rules.name, rules.version, hashlib.sha256(raw).hexdigest()), rules)


def packaged(name: str) -> NamedRuleSet:
    """A rule-set that ships with this package, by name (`PACKAGED`)."""
    return read_ruleset(resources.files("tacit.rules").joinpath(f"{name}.json").read_bytes())


def catalogue() -> dict[Digest, RuleSet]:
    """The packaged rule-sets by hash: what a fold needs to begin."""
    named = [packaged(name) for name in PACKAGED]
    return {each.ref.sha256: each.rules for each in named}
