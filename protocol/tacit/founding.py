"""Composing the founding of an organisation: the charter and what each founder signs before it is in force."""

from collections.abc import Mapping

import msgspec

from tacit.acts import (
    CharterAccepted,
    CharterDeposited,
    CredentialEnrolled,
    Founder,
    FoundingBody,
    ServiceCredential,
    Witness,
)
from tacit.compose import Author, Composed, Link, Window, compose
from tacit.ids import NO_ACT, ORGANISATION, ROOT, ActId, OfficeName, StateCode
from tacit.record.log_signing import LogSigner
from tacit.rules.ruleset import NamedRuleSet
from tacit.signing import Signer


class Plan(msgspec.Struct, frozen=True):
    """What an organisation is to be: its name, whether it is an exercise, its rule-set, its bodies, its witnesses.

    Where there are witnesses, more than half of them are the quorum.
    """

    name: str
    exercise: bool
    ruleset: NamedRuleSet
    bodies: tuple[FoundingBody, ...]
    witnesses: tuple[Witness, ...] = ()
    quorum: int = 0


def compose_charter(
    plan: Plan,
    root: Signer,
    services: Mapping[OfficeName, Signer | LogSigner],
    founders: dict[StateCode, Signer],
    window: Window,
) -> Composed:
    """Compose entry 0 with all keys at hand. The founders' signers are their root keys.

    The office `notary` is that of the log, and its signer a `LogSigner`.
    """
    named = tuple(Founder(state, signer.credential) for state, signer in founders.items())
    held = tuple(
        ServiceCredential(office, signer.keys, signer.prove(NO_ACT, ORGANISATION, office))
        for office, signer in services.items()
    )
    return compose_charter_of(plan, root, held, named, window)


def compose_charter_of(
    plan: Plan,
    root: Signer,
    services: tuple[ServiceCredential, ...],
    founders: tuple[Founder, ...],
    window: Window,
) -> Composed:
    """Compose entry 0 from what others have handed in of their keys. Its id is the id of the organisation."""
    content = CharterDeposited(
        name=plan.name,
        purpose="exercise" if plan.exercise else "operation",
        suite=root.suite,
        engine="1",
        ruleset=plan.ruleset.ref,
        root=root.keys,
        founders=founders,
        services=services,
        bodies=plan.bodies,
        witnesses=plan.witnesses,
        quorum=plan.quorum,
    )
    author = Author(NO_ACT, ORGANISATION, ROOT, root)
    return compose(author, content, None, Link(1, NO_ACT), window)


def compose_acceptance(organisation: ActId, state: StateCode, root: Signer, window: Window) -> Composed:
    """Compose a founder's acceptance: the first act of its root key, which the charter enrolled."""
    content = CharterAccepted(root=root.keys, possession=root.prove(organisation, state, ROOT))
    return compose(Author(organisation, state, ROOT, root), content, None, Link(1, organisation), window)


def enrolment(
    organisation: ActId, state: StateCode, office: OfficeName, signer: Signer, replaces: str | None = None
) -> CredentialEnrolled:
    """The content by which a state's root key binds `signer` to an office, with proof of possession."""
    return CredentialEnrolled(
        state=state,
        office=office,
        keys=signer.keys,
        possession=signer.prove(organisation, state, office),
        replaces=replaces,
    )
