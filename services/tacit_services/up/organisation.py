"""The exercise organisation: its members, its keys on this one machine, its charter.

All keys of an exercise lie in one data folder: it proves nothing against the owner of the machine.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from tacit import envelope
from tacit.acts import CharterDeposited, FoundingBody, Witness, decode
from tacit.compose import Author, Window
from tacit.founding import Plan, compose_charter
from tacit.ids import NOTARY, ORGANISATION, ROOT, ActId, BodyId, OfficeName, StateCode, Suite
from tacit.keys import ALGORITHMS
from tacit.record.log_signing import LogSigner
from tacit.record.witness_signing import WitnessSigner
from tacit.rules import packaged
from tacit.signing import SEED_BYTES, Signer
from tacit.witness import make_key, read_key
from tacit_services.ports import Entropy
from tacit_services.shell.organisation_files import KeyFile, LogKeyFile, OrganisationFiles

COUNCIL: Final = "council"
MEMBER_OFFICE: Final = "permanent-representative"
SERVICE_OFFICES: Final[tuple[OfficeName, ...]] = ("chair", "secretariat", "registrar", "timekeeper")
WITNESS_KEY: Final = "witness.key"
WINDOW: Final = timedelta(minutes=10)
"""How long an act of the exercise may be played after it was signed."""


class Design(msgspec.Struct, frozen=True):
    """What the exercise is to be."""

    name: str
    members: tuple[StateCode, ...]
    suite: Suite = "ed25519"
    ruleset: str = "nato-like-2"
    notary: bool = True
    """Whether its charter names the keys of a log."""
    witnessed: tuple[StateCode, ...] = ()
    """The members that have a witness; more than half of these must cosign."""
    body: BodyId = COUNCIL
    title: str = "Council"


class Organisation:
    """A founded organisation with all its signers at hand."""

    def __init__(self, files: OrganisationFiles, design: Design, charter: bytes) -> None:
        self.files = files
        self.design = design
        self.charter = charter
        self.organisation: ActId = envelope.act_id(envelope.decode(charter).payload)

    def content(self) -> CharterDeposited:
        """What the charter says."""
        content = decode(envelope.decode(self.charter).payload).content
        assert isinstance(content, CharterDeposited), "a folder's charter is a charter"
        return content

    def author(self, state: StateCode, office: OfficeName) -> Author:
        """An office with its keys.

        Raises:
            LookupError: this folder has no keys for it.
        """
        signer = self.files.signer(state, office)
        if signer is None:
            message = f"no keys for {state}/{office} in {self.files.folder}"
            raise LookupError(message)
        return Author(self.organisation, state, office, signer)

    def log_signer(self) -> LogSigner:
        """The keys of the log.

        Raises:
            LookupError: this folder has none.
        """
        signer = self.files.log_signer()
        if signer is None:
            message = f"no keys of a log in {self.files.folder}"
            raise LookupError(message)
        return signer

    def service(self, office: OfficeName) -> Author:
        """One of the organisation's own offices."""
        return self.author(ORGANISATION, office)


def open_organisation(files: OrganisationFiles, design: Design, now: datetime, entropy: Entropy) -> Organisation:
    """The organisation of this folder; in an empty folder its keys are made and its charter is composed first."""
    charter = files.read_charter()
    if charter is None:
        charter = _compose(files, design, now, entropy)
        files.write_charter(charter)
    return Organisation(files, design, charter)


def _compose(files: OrganisationFiles, design: Design, now: datetime, entropy: Entropy) -> bytes:
    def fresh(state: StateCode, office: OfficeName) -> Signer:
        return _keys(files, design.suite, state, office, entropy)

    for state in design.members:
        fresh(state, MEMBER_OFFICE)
    body = FoundingBody(design.body, design.title, design.members)
    plan = Plan(
        name=design.name,
        exercise=True,
        ruleset=packaged(design.ruleset),
        bodies=(body,),
        witnesses=tuple(
            Witness(state, str(vkey)) for state in design.witnessed for vkey in _witness(files, state, entropy).vkeys
        ),
        quorum=len(design.witnessed) // 2 + 1 if design.witnessed else 0,
    )
    services: dict[OfficeName, Signer | LogSigner] = {office: fresh(ORGANISATION, office) for office in SERVICE_OFFICES}
    if design.notary:
        services[NOTARY] = _log_keys(files, entropy)
    founders = {state: fresh(state, ROOT) for state in design.members}
    charter = compose_charter(plan, fresh(ORGANISATION, ROOT), services, founders, Window(now, now + WINDOW))
    return envelope.encode(charter.envelope)


def _witness(files: OrganisationFiles, state: StateCode, entropy: Entropy) -> WitnessSigner:
    """The keys of a member's witness. Those that an interrupted founding left behind are used again."""
    path = files.witness_folder(state) / WITNESS_KEY
    if path.exists():
        return read_key(path)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return make_key(path, f"{state.lower()}.example/witness", entropy(SEED_BYTES), entropy(SEED_BYTES))


def _log_keys(files: OrganisationFiles, entropy: Entropy) -> LogSigner:
    held = files.log_signer()
    if held is not None:
        return held
    keys = LogKeyFile("log", (entropy(SEED_BYTES), entropy(SEED_BYTES)))
    files.write_log_keys(keys)
    return LogSigner(*keys.seeds)


def _keys(files: OrganisationFiles, suite: Suite, state: StateCode, office: OfficeName, entropy: Entropy) -> Signer:
    """Keys that an interrupted founding left behind are used again: nothing was signed with others."""
    held = files.signer(state, office)
    if held is not None:
        return held
    keys = KeyFile(suite, tuple(entropy(SEED_BYTES) for _ in ALGORITHMS[suite]))
    files.write_keys(state, office, keys)
    return Signer(keys.suite, keys.seeds)
