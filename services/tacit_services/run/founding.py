"""Founding in steps, each at the place of whoever holds the key: no place ever has more keys than its own."""

import tomllib
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from tacit import acts, envelope
from tacit.acts import CharterDeposited, Founder, FoundingBody, ServiceCredential, Witness
from tacit.compose import Composed, Window
from tacit.envelope import Signature
from tacit.errors import RefusedError
from tacit.founding import Plan, compose_acceptance, compose_charter_of
from tacit.ids import NO_ACT, NOTARY, ORGANISATION, ROOT, OfficeName, StateCode, Suite, Title
from tacit.keys import ALGORITHMS, Keys, fingerprint
from tacit.limits import VALIDITY_S_MAX
from tacit.record.log_signing import LogSigner
from tacit.rules import Verifiers, admit, catalogue, check_signatures, genesis, packaged, signing_keys
from tacit.rules.ruleset import PACKAGED
from tacit.signing import SEED_BYTES, Signer
from tacit_services.ports import Entropy
from tacit_services.shell.errors import OperatorError
from tacit_services.shell.organisation_files import (
    DamagedFileError,
    KeyFile,
    LogKeyFile,
    read_signer,
    write_keys,
    write_log_keys,
)

PUBLIC_SUFFIX: Final = ".public.json"
WINDOW: Final = timedelta(seconds=VALIDITY_S_MAX)
"""How long charter and acceptances may be handed in after they were signed."""


class FoundingError(OperatorError):
    """A step of the founding cannot be taken; nothing was written."""


class PublicPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What leaves the place where a key was made: nothing of it is secret.

    `possession` proves for an office of the organisation that the key is held; a member proves it when it accepts.
    """

    state: StateCode
    office: OfficeName
    keys: Keys
    possession: tuple[Signature, ...]


class PlanFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the organisation is to be, as its founders have agreed."""

    name: Title
    exercise: bool
    ruleset: str = "nato-like-2"
    bodies: tuple[FoundingBody, ...]
    witnesses: tuple[Witness, ...] = ()
    quorum: int | None = None
    """None: more than half of the witnesses, and 0 where there are none."""


def make_key(path: Path, state: StateCode, office: OfficeName, suite: Suite, entropy: Entropy) -> PublicPart:
    """Make a key at `path`, and beside it the public part that is handed on.

    Raises:
        FoundingError: a file is there already; it is never written over.
    """
    _check_word(state, StateCode, "state: three capital letters, such as XAA or ORG")
    _check_word(office, OfficeName, "office: small letters, digits and hyphens, such as registrar")
    public = path.with_suffix(PUBLIC_SUFFIX)
    for each in (path, public):
        if each.exists():
            raise FoundingError(f"{each} is there already: name another file, or keep the key that you have.")
    signer = _make_log_key(path, entropy) if (state, office) == (ORGANISATION, NOTARY) else _make(path, suite, entropy)
    proof = signer.prove(NO_ACT, ORGANISATION, office) if state == ORGANISATION and office != ROOT else ()
    part = PublicPart(state, office, signer.keys, proof)
    public.write_bytes(msgspec.json.format(msgspec.json.encode(part)) + b"\n")
    return part


def _make(path: Path, suite: Suite, entropy: Entropy) -> Signer:
    keys = KeyFile(suite, tuple(entropy(SEED_BYTES) for _ in ALGORITHMS[suite]))
    write_keys(path, keys)
    return Signer(keys.suite, keys.seeds)


def _make_log_key(path: Path, entropy: Entropy) -> LogSigner:
    keys = LogKeyFile("log", (entropy(SEED_BYTES), entropy(SEED_BYTES)))
    write_log_keys(path, keys)
    return LogSigner(*keys.seeds)


def _check_word(word: str, kind: object, what: str) -> None:
    try:
        msgspec.convert(word, kind)
    except msgspec.ValidationError as error:
        raise FoundingError(f"{word} is no {what}.") from error


def read_plan(path: Path) -> PlanFile:
    """The plan in a TOML file. Raises FoundingError, OSError."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), PlanFile)
    except ValueError as error:
        raise FoundingError(f"{path} is no plan of an organisation: {error}.") from error


def read_part(path: Path) -> PublicPart:
    """A public part. Raises FoundingError, OSError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=PublicPart)
    except msgspec.MsgspecError as error:
        raise FoundingError(
            f"{path} is no public part of a key ({error}): name files that end in {PUBLIC_SUFFIX}."
        ) from error


def read_key(path: Path) -> Signer:
    """The key that `tacit found key` has made. Raises FoundingError, OSError."""
    try:
        return read_signer(path)
    except DamagedFileError as error:
        raise FoundingError(f"{path} is no key of an office: name the file that `tacit found key` has made.") from error


def compose(plan: PlanFile, root: Signer, parts: Sequence[PublicPart], now: datetime) -> Composed:
    """The charter, as the registrar will admit it.

    Raises:
        FoundingError: a member's root key is missing, the root key is another, there is no such rule-set.
        RefusedError: the rules refuse it.
    """
    roots = {part.state: part for part in parts if part.office == ROOT}
    members = dict.fromkeys(state for body in plan.bodies for state in body.members)
    if missing := [state for state in members if state not in roots]:
        raise FoundingError(f"The public part of the root key of {', '.join(missing)} is missing: ask for it.")
    if plan.ruleset not in PACKAGED:
        raise FoundingError(f"There is no rule-set {plan.ruleset}: name one of {', '.join(PACKAGED)}.")
    if ORGANISATION in roots and roots[ORGANISATION].keys != root.keys:
        raise FoundingError("The key given as --root is not the one whose public part is there for ORG root.")
    services = [part for part in parts if part.state == ORGANISATION and part.office != ROOT]
    composed = compose_charter_of(
        Plan(
            name=plan.name,
            exercise=plan.exercise,
            ruleset=packaged(plan.ruleset),
            bodies=plan.bodies,
            witnesses=plan.witnesses,
            quorum=_quorum(plan),
        ),
        root,
        tuple(ServiceCredential(part.office, part.keys, part.possession) for part in services),
        tuple(Founder(state, fingerprint(roots[state].keys)) for state in members),
        Window(now, now + WINDOW),
    )
    _check(composed, now)
    return composed


def _quorum(plan: PlanFile) -> int:
    if plan.quorum is not None:
        return plan.quorum
    return len(plan.witnesses) // 2 + 1 if plan.witnesses else 0


def _check(composed: Composed, now: datetime) -> None:
    state = genesis(catalogue())
    check_signatures(signing_keys(state, composed.act, Verifiers()), composed.envelope)
    admit(state, composed.act, composed.act_id, now)


def read_charter(path: Path) -> tuple[bytes, CharterDeposited]:
    """The envelope of a charter and what it says. Raises FoundingError, OSError."""
    try:
        raw = path.read_bytes()
        content = acts.decode(envelope.decode(raw).payload).content
    except RefusedError as error:
        raise FoundingError(f"{path} is no charter: {error}.") from error
    if not isinstance(content, CharterDeposited):
        raise FoundingError(f"{path} is an act, but no charter.")
    return raw, content


def accept(raw: bytes, content: CharterDeposited, state: StateCode, root: Signer, now: datetime) -> Composed:
    """A founder's acceptance of this charter.

    Raises:
        FoundingError: the charter does not name this founder with this key.
    """
    if Founder(state, root.credential) not in content.founders:
        raise FoundingError(f"The charter does not name {state} with this key: do not accept it.")
    organisation = envelope.act_id(envelope.decode(raw).payload)
    return compose_acceptance(organisation, state, root, Window(now, now + WINDOW))
