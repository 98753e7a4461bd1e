"""The log of one organisation: its name, its keys and its policy, all of them from the charter.

Whoever has entry 0 needs to trust nobody else for them: the name holds the charter's id, and the charter the keys.
Spec: docs/reference/spec/log.md.
"""

from collections.abc import Iterable
from typing import Final

from tacit.acts import CharterDeposited
from tacit.errors import RefusedError, Rule
from tacit.ids import NOTARY, ActId, StateCode
from tacit.record.cosignature import verify_note
from tacit.record.note import Note
from tacit.record.policy import NONE, Accepted, Group, LogLine, Policy, WitnessLine
from tacit.record.vkey import ED25519, ED25519_COSIGNATURE, MLDSA44_COSIGNATURE, Vkey, parse_vkey

QUORUM: Final = "quorum"
"""The name of the group of all witnesses in the policy of an organisation."""
SECOND: Final = "-mldsa44"
"""What the name of the second key of a witness has behind the state."""
BOTH: Final = "-both"
"""What the name of the group of both has."""
WITNESS_KEYS: Final = frozenset({(ED25519_COSIGNATURE,), (ED25519_COSIGNATURE, MLDSA44_COSIGNATURE)})
"""The types of the keys of one witness, in order."""


def origin(organisation: ActId) -> str:
    """The name of an organisation's log, which is the first line of its checkpoints."""
    return f"tacit/record/v1/{organisation}"


def log_vkeys(organisation: ActId, charter: CharterDeposited) -> tuple[Vkey, Vkey]:
    """The two keys of the log: Ed25519 (type 0x01) and ML-DSA-44 (type 0x06).

    Raises:
        RefusedError: `log.key` if the charter names no notary.
    """
    for service in charter.services:
        if service.office == NOTARY and len(service.keys) == 2:
            first, second = (key.key for key in service.keys)
            name = origin(organisation)
            return Vkey(name, ED25519, first), Vkey(name, MLDSA44_COSIGNATURE, second)
    raise RefusedError(Rule.LOG_KEY, "the charter names no notary")


def witness_keys(charter: CharterDeposited) -> dict[StateCode, tuple[Vkey, ...]]:
    """The keys of each member's witness, in the order of the charter: type 0x04, and 0x06 if it has one.

    Raises:
        RefusedError: `log.key` if they are not these, or do not bear one name.
    """
    found: dict[StateCode, tuple[Vkey, ...]] = {}
    for witness in charter.witnesses:
        found[witness.state] = (*found.get(witness.state, ()), parse_vkey(witness.vkey))
    for state, vkeys in found.items():
        if tuple(vkey.kind for vkey in vkeys) not in WITNESS_KEYS or len({vkey.name for vkey in vkeys}) != 1:
            raise RefusedError(
                Rule.LOG_KEY, f"the keys of the witness of {state} are not one of 0x04, then one of 0x06"
            )
    return found


def witness_vkeys(charter: CharterDeposited) -> dict[StateCode, Vkey]:
    """The Ed25519 key of each member's witness, which attests, too; raises as `witness_keys` does."""
    return {state: vkeys[0] for state, vkeys in witness_keys(charter).items()}


def organisation_policy(organisation: ActId, charter: CharterDeposited) -> Policy:
    """The policy of an organisation's log: its keys, its members' witnesses by state, its quorum.

    A witness with two keys counts, once, for what both have signed.

    Raises:
        RefusedError: `log.key`.
    """
    witnesses, groups = dict[str, WitnessLine](), dict[str, Group]()
    members: list[str] = []
    for state, vkeys in witness_keys(charter).items():
        names = (state, f"{state}{SECOND}")[: len(vkeys)]
        witnesses |= {name: WitnessLine(vkey) for name, vkey in zip(names, vkeys, strict=True)}
        if len(names) > 1:
            groups[f"{state}{BOTH}"] = Group(len(names), names)
        members.append(f"{state}{BOTH}" if len(names) > 1 else state)
    if members:
        groups[QUORUM] = Group(charter.quorum, tuple(members))
    logs = tuple(LogLine(vkey) for vkey in log_vkeys(organisation, charter))
    return Policy(logs, witnesses, groups, QUORUM if members else NONE)


def open_checkpoint(note: Note, policy: Policy) -> Accepted:
    """Check a checkpoint against the policy of its organisation: every key of the log has signed it, and the quorum.

    Raises:
        RefusedError: `log.checkpoint`, `log.signature` or `log.quorum`.
    """
    accepted = policy.check(note)
    check_log_lines(note, (line.vkey for line in policy.logs))
    return accepted


def check_log_lines(note: Note, vkeys: Iterable[Vkey]) -> None:
    """Check that every one of these keys has signed a note.

    Raises:
        RefusedError: `log.signature`.
    """
    wanted = set(vkeys)
    if {signed.vkey for signed in verify_note(note, wanted)} != wanted:
        raise RefusedError(Rule.LOG_SIGNATURE, "not signed by every key of the log")
