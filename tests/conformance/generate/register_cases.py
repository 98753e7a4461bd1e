"""Cases of acts on the register: founding, offices, credentials, terms."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from msgspec import structs

from tacit.acts import (
    CredentialEnrolled,
    CredentialRevoked,
    OfficeAccredited,
    RegistrarTerm,
)
from tacit.errors import Rule
from tacit.founding import enrolment
from tacit.ids import ROOT
from tacit.keys import Key
from tacit.testing import signer_for
from tests.conformance.generate import founding_cases, stage
from tests.conformance.generate.by_tag import retold, said
from tests.conformance.generate.case import Named
from tests.conformance.generate.say import Stand

NOTHING: Final = "f" * 64


def vectors() -> Iterator[Named]:
    yield from _founding()
    yield from _register()
    yield from _enrolments()
    yield from _revocations()
    yield from _terms()


def _founding() -> Iterator[Named]:
    told = founding_cases
    yield retold(1, "charter-deposited", told.charter(1, "x", "A charter."))
    yield retold(
        1,
        "charter-deposited-quorum",
        told.charter(2, "x", "A quorum without witnesses.", Rule.CHARTER_CONTENT, quorum=1),
    )
    yield retold(2, "charter-accepted", told.acceptance(6, "x", "A founder accepts."))
    again = told.acceptance(6, "x", "A founder accepts twice.", Rule.ACCEPTED_TWICE, stage="founded")
    yield retold(2, "charter-accepted-twice", again)


def _register() -> Iterator[Named]:
    stand, secretariat = Stand("founded"), "ORG/secretariat"
    office = OfficeAccredited(state="XBB", office="deputy", title="Deputy", commits=True)
    yield said(stand, "new", "An office of a member.", secretariat, office)
    yield said(
        stand,
        "stranger",
        "An office of a state that is no founder.",
        secretariat,
        structs.replace(office, state="XZZ"),
        Rule.NOT_A_MEMBER,
    )
    taken = structs.replace(office, office="permanent-representative")
    yield said(stand, "taken", "An office that exists.", secretariat, taken, Rule.OFFICE_TAKEN)
    yield said(
        stand, "root", "The root is no office.", secretariat, structs.replace(office, office=ROOT), Rule.OFFICE_TAKEN
    )


def _enrolments() -> Iterator[Named]:
    stand, root = Stand("founded"), f"XAA/{ROOT}"
    organisation, fresh = stand.world.organisation, signer_for("XAA/fresh")
    held = stand.world.author("XAA").signer
    new = enrolment(organisation, "XAA", "permanent-representative", fresh, held.credential)
    yield said(stand, "replacing", "New keys replace the office's old ones.", root, new)
    for slug, comment, content, rule in (
        ("occupied", "The old keys are not named.", structs.replace(new, replaces=None), Rule.CREDENTIAL_OCCUPIED),
        (
            "no-office",
            "An office that nobody accredited.",
            enrolment(organisation, "XAA", "attache", fresh),
            Rule.OFFICE_UNKNOWN,
        ),
        (
            "other-state",
            "For an office of another state.",
            enrolment(organisation, "XBB", "permanent-representative", fresh),
            Rule.CREDENTIAL_OTHER_STATE,
        ),
        (
            "unproven",
            "Nobody proves to hold the keys.",
            structs.replace(new, possession=held.prove(organisation, "XAA", "permanent-representative")),
            Rule.KEY_POSSESSION,
        ),
        (
            "key-taken",
            "Keys that are enrolled already.",
            enrolment(organisation, "XAA", "permanent-representative", signer_for("XAA/deputy"), held.credential),
            Rule.KEY_TAKEN,
        ),
        (
            "unsafe",
            "Keys of small order.",
            structs.replace(new, keys=(Key("sign", "ed25519", bytes(32)),)),
            Rule.KEY_UNSAFE,
        ),
        (
            "other-suite",
            "Keys of another suite.",
            structs.replace(new, keys=signer_for("XAA/fresh", "ed25519+mldsa65").keys),
            Rule.KEY_SUITE,
        ),
    ):
        assert isinstance(content, CredentialEnrolled)
        yield said(stand, slug, comment, root, content, rule)


def _revocations() -> Iterator[Named]:
    stand, root = Stand("founded"), f"XAA/{ROOT}"
    held = stand.world.author("XAA").signer
    revoke = CredentialRevoked(credential=held.credential, reason="lost", compromised_since=None)
    yield said(stand, "own", "A root revokes a credential of its state.", root, revoke)
    foreign = structs.replace(revoke, credential=stand.world.author("XBB").signer.credential)
    yield said(
        stand,
        "other-state",
        "A root revokes a credential of another state.",
        root,
        foreign,
        Rule.CREDENTIAL_OTHER_STATE,
    )
    yield said(
        stand,
        "unknown",
        "A credential that nobody enrolled.",
        root,
        structs.replace(revoke, credential=NOTHING),
        Rule.CREDENTIAL_UNKNOWN,
    )
    yield said(
        Stand("revoked"), "again", "A credential that is revoked already.", root, revoke, Rule.CREDENTIAL_REVOKED
    )


def _terms() -> Iterator[Named]:
    stand, registrar = Stand("founded"), "ORG/registrar"
    since = stand.world.state.last_received_at
    term = RegistrarTerm(term=2, unavailable_since=since, reason="take-over")
    yield said(stand, "next", "The next term, since the last entry.", registrar, term)
    for slug, comment, content in (
        ("skipped", "A term is left out.", structs.replace(term, term=3)),
        ("again", "The running term.", structs.replace(term, term=1)),
        (
            "since",
            "An outage that began later than the last entry.",
            structs.replace(term, unavailable_since=stand.world.now + timedelta(seconds=1)),
        ),
        ("no-outage", "No outage.", structs.replace(term, unavailable_since=None)),
        ("founding", "A founding that has been.", structs.replace(term, reason="founding")),
    ):
        yield said(stand, slug, comment, registrar, content, Rule.TERM)
    away = Stand("silent", stage.SET_FOR_S - 30)
    last = away.world.state.last_received_at
    over = RegistrarTerm(term=2, unavailable_since=last, reason="take-over")
    yield said(
        away, "jeopardises", "A deadline within a minute of the end of the outage is jeopardised.", registrar, over
    )
