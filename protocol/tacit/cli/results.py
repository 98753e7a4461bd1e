"""What a verification came to, signed by the key of whoever ran it, so that the next one need not do it all again.

Spec: docs/reference/verification.md. A later run hashes every entry again. What the same octets, under the same root,
had already shown to be good by the same rules it leaves out: signatures, and the fold where its state lies beside it.
"""

import os
from pathlib import Path
from typing import Final, Literal

import msgspec

from tacit import envelope, profile
from tacit.cli.source import UnreadableError
from tacit.envelope import Envelope, digest, pae
from tacit.errors import RefusedError
from tacit.ids import ActId, Count, Digest, Instant, Suite
from tacit.keys import ALGORITHMS, Verifier
from tacit.record.policy import Policy
from tacit.rules import State, rules_digest
from tacit.signing import SEED_BYTES, Signer

RESULT_TYPE: Final = "application/vnd.tacit.verification.v1+json"
RESULT_BYTES_MAX: Final = 65_536
PRIVATE_FILE: Final = 0o600


class Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What was verified: how much, with which root, what the rules made of it, and by which rules of counting."""

    v: Literal[1, 2, 3]
    """3 says by which `rules`; of the earlier ones, which do not, 2 has a `standing`."""
    organisation: ActId
    size: Count
    root: Digest
    state: Digest
    """SHA-256 of the fold's state after so many entries (spec: clause 4)."""
    engine: str
    """The version of the rules' engine, as charters name it."""
    withheld: Count
    """Entries of which only the leaf was at hand: their signatures were not verified."""
    checkpoint_size: Count
    policy: Digest
    verified_at: Instant
    standing: Digest | None = None
    """SHA-256 of what lies beside the result, to go on from."""
    rules: Digest | None = None
    """What judged it, as `tacit.rules.rules_digest` says it."""

    def __post_init__(self) -> None:
        """Keep the versions apart."""
        if (self.v == 3) != (self.rules is not None):
            raise ValueError("version 3 is the one that says by which rules")
        if self.v != 3 and (self.v == 2) != (self.standing is not None):
            raise ValueError("version 2 is the one with a standing")

    @property
    def by_other_rules(self) -> bool:
        """Whether other rules judged it, or nobody knows which: then what it says of entries is to be judged again."""
        return self.rules != rules_digest()

    @property
    def skips(self) -> bool:
        """Whether a later run may leave out signatures: every one had been verified, and by the rules of this run."""
        return self.withheld == 0 and not self.by_other_rules


class _KeyFile(msgspec.Struct, frozen=True):
    suite: Suite
    seeds: tuple[bytes, ...]


_decoder: Final = msgspec.json.Decoder(Result)


def state_digest(state: State) -> Digest:
    """SHA-256 of the whole state but the rule-sets, which the charter names."""
    return digest(msgspec.msgpack.encode(_plain(msgspec.structs.replace(state, rulesets={}))))


def _plain(value: object) -> object:
    """The value in arrays alone: fields and dictionaries in their order, which the fold gives, and sets sorted."""
    if isinstance(value, msgspec.Struct):
        return [_plain(getattr(value, name)) for name in value.__struct_fields__]
    if isinstance(value, dict):
        return [[_plain(key), _plain(item)] for key, item in value.items()]
    if isinstance(value, set | frozenset):
        return sorted(value)
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def policy_digest(policy: Policy | None) -> Digest:
    """SHA-256 of the policy's file; of nothing where there is no policy."""
    return digest(policy.encode() if policy is not None else b"")


def sign_result(result: Result, signer: Signer) -> bytes:
    """The octets of a result file: a DSSE envelope."""
    payload = profile.encode(result)
    return envelope.encode(Envelope(payload, RESULT_TYPE, signer.sign(pae(RESULT_TYPE, payload))))


def open_result(raw: bytes, verifier: Verifier) -> Result:
    """Read a result that this key has signed.

    Raises:
        RefusedError: `profile.*`, `envelope.payload_type` or `signature.*`.
    """
    read = envelope.decode(raw, RESULT_TYPE)
    verifier.verify(pae(RESULT_TYPE, read.payload), read.signatures)
    return profile.decode(read.payload, _decoder, RESULT_BYTES_MAX)


def read_result(path: Path, signer: Signer) -> Result:
    """Read a result file. Raises UnreadableError."""
    try:
        return open_result(path.read_bytes(), Verifier(signer.keys))
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror}.") from error
    except RefusedError as error:
        raise UnreadableError(f"{path} is no result that this key has signed ({error.rule}).") from error


def read_or_make_key(path: Path) -> Signer:
    """The signer in a key file; where there is none, one is made for its owner alone. Raises UnreadableError."""
    try:
        if not path.exists():
            made = _KeyFile("ed25519", tuple(os.urandom(SEED_BYTES) for _ in ALGORITHMS["ed25519"]))
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(made))
        held = msgspec.json.decode(path.read_bytes(), type=_KeyFile)
        return Signer(held.suite, held.seeds)
    except OSError as error:
        raise UnreadableError(f"{path} cannot be used as a key file: {error.strerror}.") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
        raise UnreadableError(f"{path} is no key file.") from error
