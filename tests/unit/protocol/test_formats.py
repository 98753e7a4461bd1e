"""What the formats promise beside what vectors and properties show."""

import hashlib
import zoneinfo
from datetime import UTC, datetime, timedelta, timezone
from typing import TypeVar

import msgspec
import pytest
from msgspec import structs

from tacit import envelope, limits, profile, subjects
from tacit.acts import Act, CharterDeposited, RegistrarTerm
from tacit.compose import sign
from tacit.detached import Detached, check_detached
from tacit.envelope import ACT_TYPE, Envelope, Signature, pae
from tacit.errors import RefusedError, Rule, TacitError
from tacit.ids import BodyId, Instant, Title, Zone
from tacit.keys import ALGORITHMS, SIGNATURE_BYTES, Verifier
from tacit.record import Leaf, encode_entry, open_receipt, open_refusal, sign_receipt
from tacit.record.entry import ENTRY_BYTES_MAX, split_entry
from tacit.record.leaf import LEAF_BYTES_MAX
from tacit.rules import Verifiers, apply, apply_bytes, catalogue, genesis
from tacit.rules.effects import EntryVoid
from tacit.testing import World, signer_for
from tests.requirement import require_or_skip

T = TypeVar("T")


class Timed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An instant beside a text that may look like one."""

    at: Instant
    title: Title


class Inner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Instants deeper down."""

    items: tuple[Timed, ...]


TIMED = msgspec.json.Decoder(Timed)
INNER = msgspec.json.Decoder(Inner)
BRUSSELS = timezone(timedelta(hours=1))
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def refused(decoder: msgspec.json.Decoder[T], raw: bytes) -> Rule:
    with pytest.raises(RefusedError) as error:
        profile.decode(raw, decoder, 10_000)
    return error.value.rule


def test_an_instant_with_an_offset_is_refused_wherever_it_stands() -> None:
    away = Timed(NOON.astimezone(BRUSSELS), "title")

    assert Rule.NOT_CANONICAL == refused(TIMED, profile.encode(away))
    assert Rule.NOT_CANONICAL == refused(INNER, profile.encode(Inner((Timed(NOON, "title"), away))))


def test_a_text_may_look_like_an_instant_with_an_offset() -> None:
    value = Timed(NOON, "2026-11-23T12:00:00+01:00")

    assert value == profile.decode(profile.encode(value), TIMED, 10_000)
    assert Inner((value,)) == profile.decode(profile.encode(Inner((value,))), INNER, 10_000)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Brussels", "America/Argentina/Buenos_Aires", "America/Port-au-Prince"])
def test_a_zone_is_known_by_its_shape(zone: str) -> None:
    assert zone == msgspec.convert(zone, Zone)


def test_every_zone_of_the_zone_data_has_the_shape() -> None:
    known = {zone for zone in zoneinfo.available_timezones() if "/" in zone}
    if not known:
        require_or_skip("no zone data on this machine")

    assert known == {msgspec.convert(zone, Zone) for zone in known}


@pytest.mark.parametrize(
    "zone", ["Brussels time", "Europe", "europe/brussels", "Europe/", "CET\n", "Europe/Brussels\n"]
)
def test_what_is_no_zone_is_refused(zone: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(zone, Zone)


@pytest.mark.parametrize("body", ["council\n", "Council", "a b", "a.b", "a*", ">", "_", "", "-a", "a" * 41])
def test_a_body_can_stand_in_a_subject(body: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, BodyId)


def test_a_detail_fits_the_refusal_that_quotes_it() -> None:
    error = RefusedError(Rule.WRONG_VALUE, "x" * 30_000)

    assert limits.REASON_CHARS_MAX == len(error.detail)


def test_an_error_says_its_rule() -> None:
    assert "act.unknown_type" == str(RefusedError(Rule.UNKNOWN_ACT))
    assert "act.unknown_type: what" == str(RefusedError(Rule.UNKNOWN_ACT, "what"))
    assert issubclass(RefusedError, TacitError)


def test_a_full_payload_fits_an_envelope_with_a_hybrid_signature() -> None:
    suite = ALGORITHMS["ed25519+mldsa65"]
    signatures = tuple(Signature("0" * 16, bytes(SIGNATURE_BYTES[algorithm])) for algorithm in suite)
    full = Envelope(bytes(limits.PAYLOAD_BYTES_MAX), ACT_TYPE, signatures)

    assert len(envelope.encode(full)) <= limits.ENVELOPE_BYTES_MAX
    assert full == envelope.decode(envelope.encode(full))


def test_an_entry_fits_an_entry_bundle() -> None:
    assert ENTRY_BYTES_MAX < 65_536


def test_the_longest_leaf_fits() -> None:
    most = limits.INTEGER_MAX
    leaf = Leaf(1, "f" * 64, most, most, datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC), "f" * 64, "f" * 64)

    assert len(profile.encode(leaf)) <= LEAF_BYTES_MAX


def test_an_envelope_of_any_bytes_has_an_act_id() -> None:
    assert hashlib.sha256(pae(ACT_TYPE, b"x")).hexdigest() == envelope.act_id(b"x")
    assert b"DSSEv1 3 \xc3\xa9! 0 " == pae("é!", b"")


def test_a_detached_body_is_compared_salt_and_all() -> None:
    body = Detached(bytes(32), b"text")
    check_detached(body.digest(), body)

    for claimed, found, rule in (
        (body.digest(), None, Rule.DETACHED_MISSING),
        (None, body, Rule.DETACHED_SURPLUS),
        (body.digest(), Detached(b"\x01" * 32, b"text"), Rule.DETACHED_MISMATCH),
    ):
        with pytest.raises(RefusedError) as error:
            check_detached(claimed, found)
        assert rule == error.value.rule


def test_a_subject_names_body_and_channel_or_nothing() -> None:
    organisation = "0123456789abcdef" * 4

    assert "tacit.0123456789ab.record.council.east" == subjects.entry(organisation, "council", "east")
    assert "tacit.0123456789ab.record._._" == subjects.entry(organisation, None, None)
    assert "tacit.0123456789ab.submit" == subjects.submit(organisation)
    assert ("RECORD_0123456789ab", "BODIES_0123456789ab") == (
        subjects.record_stream(organisation),
        subjects.bodies_stream(organisation),
    )
    assert subjects.entry(organisation, None, None).startswith(subjects.record_subjects(organisation)[:-1])


def test_an_entry_is_divided_at_its_first_line_feed() -> None:
    leaf = World(("XAA",)).entries[0].leaf

    assert (leaf, b"a\nb") == split_entry(encode_entry(leaf, b"a\nb"))
    with pytest.raises(RefusedError) as error:
        split_entry(bytes(ENTRY_BYTES_MAX + 1))
    assert Rule.TOO_LARGE == error.value.rule


def test_a_receipt_is_no_refusal() -> None:
    registrar = signer_for("ORG/registrar")
    leaf = World(("XAA",)).entries[0].leaf
    receipt = envelope.encode(sign_receipt(leaf, registrar))

    assert leaf == open_receipt(receipt, Verifier(registrar.keys))
    with pytest.raises(RefusedError) as error:
        open_refusal(receipt, Verifier(registrar.keys))
    assert Rule.PAYLOAD_TYPE == error.value.rule


def test_an_entry_at_the_end_of_the_calendar_is_void() -> None:
    """The rules add limits to `received_at`; no sum may leave the calendar."""
    world = World(("XAA",))
    term = RegistrarTerm(term=2, unavailable_since=world.state.last_received_at, reason="take-over")
    composed = world.compose(world.author("ORG", "registrar"), term)
    last = datetime.max.replace(tzinfo=UTC)
    header = structs.replace(composed.act.header, claimed_at=last, not_after=last)
    late = sign(Act(header, term), signer_for("ORG/registrar"))
    world.now = last
    (effect,) = apply(world.state, world.seal(late), Verifiers())

    assert isinstance(effect, EntryVoid)
    assert Rule.LEAF == effect.rule


def test_a_record_without_a_charter_is_void() -> None:
    state = genesis(catalogue())
    raw = [encode_entry(entry.leaf, envelope.encode(entry.envelope)) for entry in World(("XAA",)).entries[1:]]
    effects = [apply_bytes(state, message, Verifiers())[1] for message in raw]

    assert all(isinstance(effect, EntryVoid) for (effect,) in effects)
    assert len(raw) == state.size == state.void


def test_a_charter_names_what_it_contains() -> None:
    content = World(("XAA",)).entries[0].act.content

    assert isinstance(content, CharterDeposited)
    assert {"chair", "secretariat", "registrar", "timekeeper"} == {service.office for service in content.services}
