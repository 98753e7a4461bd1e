"""Cases of docs/reference/spec/founding.md."""

import hashlib
from collections.abc import Iterator
from typing import Any, Final

from msgspec import structs

from tacit.acts import Act, CharterDeposited, Founder, OfficeAccredited, RegistrarTerm, ServiceCredential, Witness
from tacit.compose import sign
from tacit.errors import Rule
from tacit.founding import compose_acceptance
from tacit.ids import NO_ACT, NOTARY, ORGANISATION, ROOT, StateCode
from tacit.keys import Key
from tacit.record.cosignature import NoteSigner
from tacit.record.vkey import ED25519, ED25519_COSIGNATURE, MLDSA44_COSIGNATURE, Vkey, parse_vkey
from tacit.signing import Signer
from tacit.testing import hybrid_witness, log_signer, signer_for, witness_signer
from tests.conformance.generate.case import Named
from tests.conformance.generate.say import Stand

NOTHING: Final = "f" * 64
STAND: Final = Stand("chartered")
CHARTER: Final = STAND.world.entries[0].act
ROOT_SIGNER: Final = signer_for(f"{ORGANISATION}/{ROOT}")


def content() -> CharterDeposited:
    assert isinstance(CHARTER.content, CharterDeposited)
    return CHARTER.content


def charter(
    clause: int,
    slug: str,
    comment: str,
    rule: Rule | None = None,
    *,
    header: dict[str, Any] | None = None,
    signer: Signer = ROOT_SIGNER,
    hedged: bool = False,
    **bent: Any,  # fields of the charter
) -> Named:
    """A case of a charter handed in before anything else."""
    act = Act(structs.replace(CHARTER.header, **(header or {})), structs.replace(content(), **bent))
    handed = STAND.hands_in(f"founding {clause}", slug, comment, sign(act, signer), rule or "accepted", before_any=True)
    return Named(handed.path, structs.replace(handed.vector, hedged=hedged))


def acceptance(
    clause: int,
    slug: str,
    comment: str,
    rule: Rule | None = None,
    *,
    stage: str = "opened",
    state: str = "XAA",
    root: str = "XAA/root",
    **header: Any,
) -> Named:
    """A case of a founder's acceptance."""
    stand, signer = Stand(stage), signer_for(root)
    composed = compose_acceptance(stand.world.organisation, state, signer, stand.world.window())
    bent = sign(Act(structs.replace(composed.act.header, **header), composed.act.content), signer)
    return stand.hands_in(f"founding {clause}", slug, comment, bent, rule or "accepted")


def vectors() -> Iterator[Named]:
    yield from _author()
    yield from _members()
    yield from _services()
    yield from _order()
    yield from _acceptances()
    yield from _terms()
    yield from _witnesses()
    yield from _notary()


def _author() -> Iterator[Named]:
    yield charter(1, "charter", "Entry 0, signed by the root that it contains.")
    yield charter(
        1,
        "organisation-named",
        "A charter cannot name the organisation that it founds.",
        Rule.CHARTER_CONTENT,
        header={"organisation": NOTHING},
    )
    yield charter(1, "number", "It is its author's first act.", Rule.CHARTER_CONTENT, header={"number": 2})
    yield charter(1, "channel", "It is said nowhere.", Rule.PLACE, header={"channel": "east"})
    yield charter(1, "by-member", "Signed in a member's name.", Rule.CHARTER_CONTENT, header={"state": "XAA"})
    yield charter(
        1, "other-root", "Signed by a root that it does not contain.", Rule.SIGNATURE_KEY, signer=signer_for("XAA/root")
    )
    yield charter(
        1, "releaser", "It names a releaser, who cannot have signed.", Rule.RELEASER, header={"releaser": NOTHING}
    )
    yield charter(1, "capacity", "In another capacity.", Rule.CAPACITY, header={"capacity": "chair"})


def _members() -> Iterator[Named]:
    found, bodies = content().founders, content().bodies
    yield charter(2, "members", "Founders and bodies, each once.")
    yield charter(
        2, "founder-twice", "A founder twice.", Rule.CHARTER_CONTENT, founders=(*found, Founder("XAA", NOTHING))
    )
    yield charter(
        2,
        "root-twice",
        "One root for two founders.",
        Rule.CHARTER_CONTENT,
        founders=(*found, Founder("XCC", found[0].root)),
    )
    yield charter(
        2,
        "founder-org",
        "The organisation as its own founder.",
        Rule.CHARTER_CONTENT,
        founders=(*found, Founder(ORGANISATION, NOTHING)),
    )
    yield charter(2, "body-twice", "A body twice.", Rule.CHARTER_CONTENT, bodies=bodies * 2)
    for slug, comment, members in (
        ("body-of-nobody", "A body without members.", ()),
        ("member-twice", "A member twice in a body.", ("XAA", "XAA")),
        ("member-unknown", "A member that is no founder.", ("XAA", "XZZ")),
    ):
        yield charter(2, slug, comment, Rule.CHARTER_CONTENT, bodies=(structs.replace(bodies[0], members=members),))
    yield charter(2, "quorum", "A quorum of more than the witnesses.", Rule.CHARTER_CONTENT, quorum=1)
    named = content().ruleset
    yield charter(3, "ruleset", "A rule-set by name, version and hash.")
    for slug, comment, ruleset in (
        ("ruleset-hash", "A rule-set that nobody has.", structs.replace(named, sha256=NOTHING)),
        ("ruleset-version", "The hash of another version.", structs.replace(named, version=2)),
    ):
        yield charter(3, slug, comment, Rule.CHARTER_CONTENT, ruleset=ruleset)


def _services() -> Iterator[Named]:
    services = content().services
    yield charter(4, "services", "Chair, secretariat, registrar and timekeeper.")
    yield charter(4, "service-missing", "No timekeeper.", Rule.CHARTER_CONTENT, services=services[:3])
    yield charter(4, "service-twice", "Two chairs.", Rule.CHARTER_CONTENT, services=(*services, services[0]))
    as_root = structs.replace(services[0], office=ROOT)
    yield charter(
        4, "service-root", "The root among the services.", Rule.CHARTER_CONTENT, services=(*services, as_root)
    )
    shared = structs.replace(services[1], keys=services[0].keys, possession=services[0].possession)
    yield charter(
        4, "key-taken", "Two offices with one key set.", Rule.KEY_TAKEN, services=(services[0], shared, *services[2:])
    )
    unproven = structs.replace(services[0], possession=services[1].possession)
    yield charter(
        4, "unproven", "Keys that nobody proves to hold.", Rule.KEY_POSSESSION, services=(unproven, *services[1:])
    )
    hybrid = signer_for("ORG/chair", "ed25519+mldsa65")
    other = structs.replace(services[0], keys=hybrid.keys)
    yield charter(4, "other-suite", "Keys of another suite.", Rule.KEY_SUITE, services=(other, *services[1:]))
    unsafe = structs.replace(services[0], keys=(Key("sign", "ed25519", bytes(32)),))
    yield charter(4, "unsafe", "Keys of small order.", Rule.KEY_UNSAFE, services=(unsafe, *services[1:]))


def _order() -> Iterator[Named]:
    yield charter(5, "first", "The charter comes first.")
    composed = sign(CHARTER, ROOT_SIGNER)
    yield Stand("founded").hands_in("founding 5", "charter-twice", "A second charter.", composed, Rule.CHARTER_TWICE)
    accepting = compose_acceptance(STAND.world.organisation, "XAA", signer_for("XAA/root"), STAND.world.window())
    yield STAND.hands_in(
        "founding 5", "charter-missing", "An acceptance of nothing.", accepting, Rule.CHARTER_MISSING, before_any=True
    )


def _acceptances() -> Iterator[Named]:
    yield acceptance(6, "acceptance", "A founder accepts with its root key.")
    yield acceptance(6, "before-the-term", "Also before the registrar's first term.", stage="chartered")
    yield acceptance(6, "twice", "A founder accepts twice.", Rule.ACCEPTED_TWICE, stage="founded")
    yield acceptance(6, "stranger", "A state that is no founder.", Rule.FOUNDER_UNKNOWN, state="XZZ", root="XZZ/root")
    yield acceptance(6, "other-key", "Another key than the charter names.", Rule.FOUNDER_KEY, root="XAA/other")
    yield acceptance(6, "other-founder", "One founder's key for another founder.", Rule.FOUNDER_KEY, state="XBB")
    yield acceptance(6, "other-office", "By another office than the root.", Rule.FOUNDER_KEY, office="deputy")
    yield acceptance(6, "organisation", "Of another charter.", Rule.OTHER_ORGANISATION, organisation=NOTHING)
    yield acceptance(6, "chain", "It follows the charter.", Rule.PREVIOUS, previous=NOTHING)
    yield acceptance(6, "releaser", "It names a releaser, who cannot have signed.", Rule.RELEASER, releaser=NOTHING)
    office = OfficeAccredited(state="XAA", office="deputy", title="Deputy", commits=False)
    yield Stand("opened").says(
        "founding 7",
        "too-early",
        "Nothing else is admitted before all have accepted.",
        "ORG/secretariat",
        office,
        Rule.CHARTER_NOT_IN_FORCE,
    )
    late = Stand("revoked")
    yield late.says(
        "founding 7", "in-force", "All have accepted.", "ORG/secretariat", structs.replace(office, state="XBB")
    )


def _terms() -> Iterator[Named]:
    founding = RegistrarTerm(term=1, unavailable_since=None, reason="founding")
    yield STAND.says(
        "founding 8", "first-term", "The first term begins before the acceptances.", "ORG/registrar", founding
    )
    second = structs.replace(founding, term=2)
    yield STAND.says("founding 8", "first-term-number", "The first term is term 1.", "ORG/registrar", second, Rule.TERM)
    taken = structs.replace(founding, reason="take-over")
    yield STAND.says(
        "founding 8", "first-term-reason", "The first term takes nothing over.", "ORG/registrar", taken, Rule.TERM
    )


def _witnesses() -> Iterator[Named]:
    def witnessed(
        slug: str, comment: str, witnesses: tuple[Witness, ...], quorum: int, rule: Rule | None = None
    ) -> Named:
        return charter(9, slug, comment, rule, witnesses=witnesses, quorum=quorum)

    first, second = (Witness(state, str(witness_signer(state).vkey)) for state in ("XAA", "XBB"))
    yield witnessed("witnesses", "Two witnesses, both needed.", (first, second), 2)
    yield witnessed("witness", "One of two members has a witness.", (first,), 1)
    both = tuple(Witness("XAA", str(vkey)) for vkey in hybrid_witness("XAA").vkeys)
    renamed = Witness("XAA", str(NoteSigner("xaa.example/other", MLDSA44_COSIGNATURE, bytes(32)).vkey))
    same = Witness("XBB", str(NoteSigner("xbb.example/witness", MLDSA44_COSIGNATURE, bytes(32)).vkey))
    yield witnessed("two-keys", "A witness with a second key, of ML-DSA-44, is one witness.", (*both, second), 2)
    same_key = NoteSigner("xbb.example/witness", ED25519_COSIGNATURE, hashlib.sha256(b"XAA/witness ed25519").digest())
    same_name = NoteSigner("xaa.example/witness", ED25519_COSIGNATURE, bytes(32))
    chair = Vkey("xaa.example/witness", ED25519_COSIGNATURE, content().services[0].keys[0].key)
    log_kind = NoteSigner("xaa.example/witness", ED25519, bytes(32))
    for slug, comment, witnesses, quorum in (
        ("quorum-half", "Half of the witnesses are no quorum.", (first, second), 1),
        ("quorum-more", "More than there are.", (first, second), 3),
        ("quorum-none", "A quorum without witnesses.", (), 1),
        ("state-twice", "Two witnesses of one member.", (first, structs.replace(second, state="XAA")), 2),
        ("stranger", "A witness of a state that is no founder.", (first, structs.replace(second, state="XZZ")), 2),
        ("key-twice", "One key for two witnesses.", (first, Witness("XBB", str(same_key.vkey))), 2),
        ("name-twice", "One name for two witnesses.", (first, Witness("XBB", str(same_name.vkey))), 2),
        ("chair-key", "The key of the chair.", (Witness("XAA", str(chair)),), 1),
        ("log-type", "A key of the type of a log.", (Witness("XAA", str(log_kind.vkey)),), 1),
        ("no-key", "What is no verifier key.", (Witness("XAA", "key"),), 1),
        ("mldsa44-alone", "The key of ML-DSA-44 alone.", (both[1],), 1),
        ("mldsa44-first", "The key of ML-DSA-44 first.", (both[1], both[0]), 1),
        ("mldsa44-twice", "Two keys of ML-DSA-44.", (*both, both[1]), 1),
        ("mldsa44-renamed", "The second key bears another name.", (both[0], renamed), 1),
        ("mldsa44-shared", "One key of ML-DSA-44 for two.", (both[0], _named(same, "xaa", "XAA"), second, same), 2),
        ("quorum-of-keys", "Two keys are not two witnesses.", both, 2),
    ):
        yield witnessed(slug, comment, witnesses, quorum, Rule.CHARTER_CONTENT)


def _named(witness: Witness, name: str, state: StateCode) -> Witness:
    """The key of another witness under the name of this one."""
    vkey = parse_vkey(witness.vkey)
    return Witness(state, str(vkey._replace(name=f"{name}.example/witness")))


def _notary() -> Iterator[Named]:
    log, services = log_signer(), content().services

    def named(slug: str, comment: str, notary: ServiceCredential, rule: Rule | None = None) -> Named:
        return charter(10, slug, comment, rule, hedged=True, services=(*services, notary))

    keys = ServiceCredential(NOTARY, log.keys, log.prove(NO_ACT, ORGANISATION, NOTARY))
    yield named("notary", "The two keys of a log.", keys)
    plain = signer_for(f"{ORGANISATION}/{NOTARY}")
    signing = ServiceCredential(NOTARY, plain.keys, plain.prove(NO_ACT, ORGANISATION, NOTARY))
    yield charter(10, "notary-of-suite", "Keys that sign acts.", Rule.KEY_SUITE, services=(*services, signing))
    alone = structs.replace(keys, keys=log.keys[:1], possession=keys.possession[:1])
    yield named("notary-ed25519-alone", "The key of ML-DSA-44 is missing.", alone, Rule.KEY_SUITE)
    swapped = structs.replace(keys, keys=log.keys[::-1], possession=keys.possession[::-1])
    yield named("notary-order", "The keys have changed places.", swapped, Rule.KEY_SUITE)
    unproven = structs.replace(keys, possession=log.prove(NO_ACT, ORGANISATION, "chair"))
    yield named("notary-unproven", "Proven for another office.", unproven, Rule.KEY_POSSESSION)
    chair = structs.replace(services[0], keys=log.keys, possession=log.prove(NO_ACT, ORGANISATION, "chair"))
    yield charter(
        10,
        "chair-with-log-keys",
        "The keys of a log for another office.",
        Rule.KEY_SUITE,
        hedged=True,
        services=(chair, *services[1:]),
    )
