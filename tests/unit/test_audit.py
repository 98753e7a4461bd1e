"""An audit finds everything that is wrong with a record, and names it."""

import pickle
from datetime import timedelta

import msgspec
import pytest
from msgspec import structs

from tacit import envelope
from tacit.acts import Act, EvidenceLodged
from tacit.audit import Auditor, Job, audit, check_job
from tacit.compose import sign
from tacit.record import decode_entry, encode_entry
from tacit.testing import World
from tests.records.story import RECORDS, Frozen
from tests.unit.cli.files import entry_with, forged, record_of

RECORD = list(record_of("deadline"))
LAST = len(RECORD) - 1


def found(entries: list[bytes]) -> list[tuple[int, str]]:
    return [(each.index, each.rule) for each in audit(entries).findings]


def found_elsewhere(entries: list[bytes]) -> list[tuple[int, str]]:
    """The same of the signatures alone, as another process finds it, to which the jobs are sent."""
    auditor = Auditor()
    jobs = [job for raw in entries if (job := auditor.take(raw)) is not None]
    sent: list[Job] = pickle.loads(pickle.dumps(jobs))  # noqa: S301 - they were pickled just here
    assert len(entries) == len(sent)
    return [(each.index, each.rule) for each in map(check_job, sent) if each is not None]


def test_nothing_is_found_in_a_sound_record() -> None:
    auditor = audit(RECORD)

    assert [] == list(auditor.findings)
    assert (len(RECORD), len(RECORD), 1) == (auditor.state.size, auditor.signatures, auditor.terms)
    assert auditor.first_received_at == decode_entry(RECORD[0]).leaf.received_at


def test_signatures_that_are_handed_out_are_verified_as_those_that_are_not() -> None:
    auditor = Auditor()
    jobs = [job for raw in [*RECORD[:-1], forged(RECORD[-1])] if (job := auditor.take(raw)) is not None]

    assert len(RECORD) == len(jobs) == auditor.signatures
    assert [] == list(auditor.findings)
    assert [(LAST, "signature.invalid")] == [
        (each.index, each.rule) for each in map(check_job, jobs) if each is not None
    ]


@pytest.mark.parametrize(
    ("entries", "first"),
    [
        ([*RECORD[:-1], forged(RECORD[-1])], (LAST, "signature.invalid")),
        (RECORD[1:], (0, "record.leaf")),
        (RECORD[:70] + RECORD[71:], (70, "record.leaf")),
        ([*RECORD[:70], RECORD[71], RECORD[70]], (70, "record.leaf")),
        ([*RECORD, RECORD[-1]], (LAST + 1, "record.leaf")),
        ([*RECORD[:-1], RECORD[-1].replace(b'"index":', b'"index" :')], (LAST, "profile.not_canonical")),
        ([*RECORD[:-1], RECORD[-1][:-2] + b"}}"], (LAST, "record.leaf")),
        ([*RECORD, b"junk"], (LAST + 1, "record.leaf")),
        ([*RECORD, b"{}\n{}"], (LAST + 1, "profile.missing_field")),
        ([*RECORD[:-1], entry_with(RECORD[-1], term=2)], (LAST, "record.leaf")),
    ],
)
def test_what_is_wrong_is_found_where_it_is(entries: list[bytes], first: tuple[int, str]) -> None:
    assert first == found(entries)[0]


def test_a_time_of_receipt_that_goes_back_is_found() -> None:
    earlier = decode_entry(RECORD[-2]).leaf.received_at - timedelta(seconds=1)

    assert [(LAST, "record.order")] == found([*RECORD[:-1], entry_with(RECORD[-1], received_at=earlier)])


def test_an_act_that_the_rules_do_not_admit_is_found() -> None:
    again = entry_with(RECORD[-1], index=len(RECORD))

    assert [(len(RECORD), "chain.number_used")] == found([*RECORD, again])


def test_a_later_time_of_receipt_changes_what_the_rules_admit() -> None:
    expired = decode_entry(RECORD[-1]).leaf.received_at + timedelta(hours=1)

    assert [(LAST, "header.expired")] == found([*RECORD[:-1], entry_with(RECORD[-1], received_at=expired)])


def test_evidence_is_audited_with_every_signature_within_it() -> None:
    frozen = msgspec.json.decode((RECORDS / "witnessed-1.json").read_bytes(), type=Frozen)
    messages = [message.encode() for message in frozen.messages]
    at = next(at for at, raw in enumerate(messages) if b"evidence.lodged" in decode_entry(raw).envelope.payload)
    entry = decode_entry(messages[at])
    author = World(("XAA", "XBB", "XCC")).author(entry.act.header.state).signer
    content = entry.act.content
    assert isinstance(content, EvidenceLodged)
    first, *others = content.attestations
    bent = structs.replace(first, signatures=(structs.replace(first.signatures[0], sig=bytes(64)),))
    again = sign(Act(entry.act.header, structs.replace(content, attestations=(bent, *others))), author)
    sealed = envelope.encode(again.envelope)
    leaf = structs.replace(entry.leaf, act=again.act_id, envelope=envelope.digest(sealed))

    assert [] == found(messages[: at + 1])
    assert [(at, "signature.invalid")] == found([*messages[:at], encode_entry(leaf, sealed)])
    assert [(at, "signature.invalid")] == found_elsewhere([*messages[:at], encode_entry(leaf, sealed)])
