"""Keys: both suites are verified, not only declared; nobody's keys pass for another's."""

import msgspec
import pytest

from tacit import acts
from tacit.acts import Act, CharterAccepted, LevelRaised
from tacit.compose import compose, sign
from tacit.envelope import Signature
from tacit.errors import RefusedError, Rule
from tacit.founding import compose_acceptance
from tacit.ids import Suite
from tacit.keys import ALGORITHMS, PUBLIC_BYTES, SIGNATURE_BYTES, Key, Verifier, check_keys, fingerprint, key_id
from tacit.rules import Verifiers, check_signatures, signing_keys
from tacit.signing import SEED_BYTES, Signer
from tacit.testing import World, signer_for

HYBRID: Suite = "ed25519+mldsa65"
MESSAGE = b"message"


@pytest.mark.parametrize("suite", ["ed25519", HYBRID])
def test_every_key_of_a_suite_must_have_signed(suite: Suite) -> None:
    signer = signer_for("XAA", suite)
    verifier, signatures = Verifier(signer.keys), signer.sign(MESSAGE)
    verifier.verify(MESSAGE, signatures)

    for at, good in enumerate(signatures):
        bad = Signature(good.keyid, good.sig[:-1] + bytes([good.sig[-1] ^ 1]))
        with pytest.raises(RefusedError) as refused:
            verifier.verify(MESSAGE, (*signatures[:at], bad, *signatures[at + 1 :]))
        assert Rule.SIGNATURE_INVALID == refused.value.rule
        with pytest.raises(RefusedError) as refused:
            verifier.verify(MESSAGE, signatures[:at] + signatures[at + 1 :])
        assert Rule.SIGNATURE_COUNT == refused.value.rule


def test_a_signature_has_the_size_of_its_algorithm() -> None:
    signer = signer_for("XAA", HYBRID)

    assert [SIGNATURE_BYTES[name] for name in ALGORITHMS[HYBRID]] == [len(each.sig) for each in signer.sign(MESSAGE)]
    assert [PUBLIC_BYTES[name] for name in ALGORITHMS[HYBRID]] == [len(key.key) for key in signer.keys]


def test_ed25519_signs_the_same_twice_and_mldsa_does_not() -> None:
    signer = signer_for("XAA", HYBRID)
    (first, hedged), (again, other) = signer.sign(MESSAGE), signer.sign(MESSAGE)

    assert first == again
    assert hedged != other


def test_the_first_signature_alone_is_checked_alone() -> None:
    signer, other = signer_for("XAA", HYBRID), signer_for("XBB", HYBRID)
    verifier, signature = Verifier(signer.keys), signer.sign_first(MESSAGE)
    verifier.verify_first(MESSAGE, signature)

    for bad, rule in (
        (other.sign_first(MESSAGE), Rule.SIGNATURE_KEY),
        (Signature(signature.keyid, other.sign_first(MESSAGE).sig), Rule.SIGNATURE_INVALID),
    ):
        with pytest.raises(RefusedError) as refused:
            verifier.verify_first(MESSAGE, bad)
        assert rule == refused.value.rule


def test_a_fingerprint_is_over_all_keys_in_order() -> None:
    keys = signer_for("XAA", HYBRID).keys

    assert 3 == len({fingerprint(keys), fingerprint(keys[:1]), fingerprint(keys[::-1])})
    assert key_id(keys[0]) != key_id(keys[1])


@pytest.mark.parametrize("seeds", [(), (bytes(SEED_BYTES),) * 2, (bytes(SEED_BYTES - 1),)])
def test_a_signer_wants_one_seed_for_each_key(seeds: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match=r"seed|argument"):
        Signer("ed25519", seeds)


def test_a_signer_does_not_show_its_seeds() -> None:
    signer = Signer("ed25519", (b"s" * SEED_BYTES,))

    assert f"Signer({signer.credential[:16]})" == repr(signer)


def test_a_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(RefusedError) as refused:
        check_keys((Key("sign", "ed25519", bytes(33)),), "ed25519")

    assert Rule.KEY_UNSAFE == refused.value.rule


def test_a_key_that_cannot_be_loaded_is_refused() -> None:
    with pytest.raises(RefusedError) as refused:
        Verifier((Key("sign", "mldsa65", bytes(1951)),))

    assert Rule.KEY_UNSAFE == refused.value.rule


def test_an_acceptance_cannot_put_its_keys_in_the_place_of_anothers() -> None:
    """A root's keys come with its act; they must not be remembered under the credential that the act claims."""
    world, verifiers, thief = World(), Verifiers(), signer_for("thief")
    chair = world.author("ORG", "chair")
    acceptance = compose_acceptance(world.organisation, "XAA", thief, world.window())
    header = msgspec.structs.replace(acceptance.act.header, credential=chair.signer.credential)
    assert isinstance(acceptance.act.content, CharterAccepted)
    check_signatures(
        signing_keys(world.state, Act(header, acceptance.act.content), verifiers),
        sign(Act(header, acceptance.act.content), thief).envelope,
    )

    genuine = world.compose(chair, LevelRaised(level="CRISIS", reason=""))
    stolen = sign(genuine.act, thief)
    check_signatures(signing_keys(world.state, genuine.act, verifiers), genuine.envelope)
    with pytest.raises(RefusedError) as refused:
        check_signatures(signing_keys(world.state, stolen.act, verifiers), stolen.envelope)

    assert Rule.SIGNATURE_KEY == refused.value.rule


def test_a_hybrid_organisation_fits_its_limits() -> None:
    world = World(("XAA", "XBB"), HYBRID)

    for entry in world.entries:
        assert entry.act == acts.decode(entry.envelope.payload)
    assert world.state == world.refold()


def test_a_hybrid_act_is_signed_by_both_keys() -> None:
    world = World(("XAA",), HYBRID)
    author = world.author("ORG", "chair")
    link = world.link(author, ("council", "east"))
    said = compose(author, LevelRaised(level="CRISIS", reason=""), ("council", "east"), link, world.window())

    check_signatures(signing_keys(world.state, said.act, Verifiers()), said.envelope)
    assert 2 == len(said.envelope.signatures)
