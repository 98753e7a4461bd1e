"""Policies: which logs are accepted, and whose cosignatures make a checkpoint count (C2SP `tlog-policy`).

Spec: docs/reference/spec/log.md.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from tacit.errors import RefusedError, Rule
from tacit.limits import POLICY_BYTES_MAX, POLICY_NAMES_MAX
from tacit.record.checkpoint import Checkpoint, parse_checkpoint
from tacit.record.cosignature import Cosigned, verify_note
from tacit.record.note import Note
from tacit.record.strict_text import read_decimal
from tacit.record.vkey import ED25519, ED25519_COSIGNATURE, MLDSA44_COSIGNATURE, Vkey, parse_vkey

NONE: Final = "none"
LOG_KINDS: Final = frozenset({ED25519, MLDSA44_COSIGNATURE})
WITNESS_KINDS: Final = frozenset({ED25519_COSIGNATURE, MLDSA44_COSIGNATURE})
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")


class LogLine(NamedTuple):
    """An accepted log by one of its keys, and where it is (None: not said)."""

    vkey: Vkey
    url: str | None = None


class WitnessLine(NamedTuple):
    """A witness, and where it is (None: not said)."""

    vkey: Vkey
    url: str | None = None


class Group(NamedTuple):
    """Has witnessed what `threshold` of its members, witnesses or groups, have witnessed."""

    threshold: int
    members: tuple[str, ...]


class Accepted(NamedTuple):
    """A checkpoint that a policy accepts, and every signature by a key of the policy."""

    checkpoint: Checkpoint
    cosigned: tuple[Cosigned, ...]

    @property
    def times_s(self) -> tuple[int, ...]:
        """When it was cosigned, in seconds since 1970, in order: by witnesses where there are any, else by the log.

        The log's own time is that of whose clock is in question. Who signs with two keys of one name is heard once.
        """
        witnesses = [each for each in self.cosigned if each.vkey.name != self.checkpoint.origin]
        lines = witnesses or self.cosigned
        return tuple(sorted({each.vkey.name: each.at_s for each in lines if each.at_s}.values()))


class Policy(NamedTuple):
    """Logs, named witnesses and groups, and the name whose cosignature is demanded (`none`: nobody's)."""

    logs: tuple[LogLine, ...]
    witnesses: Mapping[str, WitnessLine]
    groups: Mapping[str, Group]
    quorum: str

    def check(self, note: Note) -> Accepted:
        """Check a checkpoint against the policy.

        Raises:
            RefusedError: `log.checkpoint`, `log.signature`, or `log.quorum` if too few witnesses have cosigned.
        """
        checkpoint = parse_checkpoint(note.text)
        logs = {line.vkey for line in self.logs if line.vkey.name == checkpoint.origin}
        cosigned = verify_note(note, [*logs, *(line.vkey for line in self.witnesses.values())])
        signers = {signed.vkey for signed in cosigned}
        if not signers & logs:
            raise RefusedError(Rule.LOG_SIGNATURE, "no signature by an accepted log")
        if not self.is_met(signers):
            raise RefusedError(Rule.LOG_QUORUM, f"the witnesses demanded by {self.quorum} have not all cosigned")
        return Accepted(checkpoint, cosigned)

    def is_met(self, keys: set[Vkey]) -> bool:
        """Whether cosignatures by these keys are the quorum."""
        witnessed = {name for name, line in self.witnesses.items() if line.vkey in keys}
        for name, group in self.groups.items():
            if len(witnessed.intersection(group.members)) >= group.threshold:
                witnessed.add(name)
        return self.quorum == NONE or self.quorum in witnessed

    def encode(self) -> bytes:
        """The file that says this policy."""
        lines = [" ".join(filter(None, ("log", str(line.vkey), line.url))) for line in self.logs]
        lines += [
            " ".join(filter(None, ("witness", name, str(line.vkey), line.url))) for name, line in self.witnesses.items()
        ]
        lines += [f"group {name} {each.threshold} {' '.join(each.members)}" for name, each in self.groups.items()]
        return "\n".join([*lines, f"quorum {self.quorum}", ""]).encode("utf-8", "surrogateescape")


class _Reader:
    """What the lines of a policy file have said so far."""

    def __init__(self) -> None:
        self.logs: list[LogLine] = []
        self.witnesses: dict[str, WitnessLine] = {}
        self.groups: dict[str, Group] = {}
        self.grouped: set[str] = set()
        self.quorum: str | None = None

    def read(self, words: list[str]) -> None:
        match words:
            case ["log", vkey, *url] if len(url) <= 1:
                self.logs.append(LogLine(_key(vkey, LOG_KINDS), *url))
            case ["witness", name, vkey, *url] if len(url) <= 1:
                self.witnesses[self._new(name)] = WitnessLine(_key(vkey, WITNESS_KINDS), *url)
            case ["group", name, threshold, *members] if members:
                self.groups[self._new(name)] = self._group(threshold, members)
            case ["quorum", name] if self.quorum is None:
                self.quorum = NONE if name == NONE else self._known(name)
            case _:
                raise RefusedError(Rule.LOG_POLICY, f"no line of a policy: {' '.join(words)[:80]}")

    def _new(self, name: str) -> str:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise RefusedError(Rule.LOG_POLICY, f"{name[:80]} has a meaning already")
        return name

    def _known(self, name: str) -> str:
        if name not in self.witnesses and name not in self.groups:
            raise RefusedError(Rule.LOG_POLICY, f"{name[:80]} is not defined above")
        return name

    def _group(self, threshold: str, members: list[str]) -> Group:
        for member in members:
            if self._known(member) in self.grouped:
                raise RefusedError(Rule.LOG_POLICY, f"{member[:80]} is a member twice")
            self.grouped.add(member)
        shorthand = {"any": 1, "all": len(members)}
        found = shorthand.get(threshold) or read_decimal(threshold, len(members), Rule.LOG_POLICY)
        if found == 0:
            raise RefusedError(Rule.LOG_POLICY, "a group of which none is needed")
        return Group(found, tuple(members))

    def done(self) -> Policy:
        keys = [line.vkey.key for line in self.logs] + [line.vkey.key for line in self.witnesses.values()]
        if self.quorum is None or len(set(keys)) != len(keys):
            raise RefusedError(Rule.LOG_POLICY, "no quorum line, or a key twice")
        return Policy(tuple(self.logs), self.witnesses, self.groups, self.quorum)


def parse_policy(raw: bytes) -> Policy:
    """Read a policy file. Spaces, tabs, empty lines and comments are free, as the specification allows.

    Raises:
        RefusedError: `log.policy`, or `log.key` for a verifier key in it; and nothing else.
    """
    if len(raw) > POLICY_BYTES_MAX or _CONTROL.search(raw) or not raw.endswith(b"\n"):
        raise RefusedError(Rule.LOG_POLICY, "too long, a control character, or a last line that does not end")
    reader = _Reader()
    # Names are opaque octets: what is no UTF-8 goes through and comes out again as it was.
    for line in raw.decode("utf-8", "surrogateescape").split("\n"):
        words = [word for word in re.split("[ \t]+", line) if word]
        if words and not words[0].startswith("#"):
            reader.read(words)
        if len(reader.logs) + len(reader.witnesses) + len(reader.groups) > POLICY_NAMES_MAX:
            raise RefusedError(Rule.LOG_POLICY, f"more than {POLICY_NAMES_MAX} logs, witnesses and groups")
    return reader.done()


def _key(text: str, kinds: frozenset[int]) -> Vkey:
    found = parse_vkey(text)
    if found.kind not in kinds:
        raise RefusedError(Rule.LOG_POLICY, f"a key of type {found.kind:#04x} in the wrong place")
    return found
