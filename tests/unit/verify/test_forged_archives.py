"""Whatever whoever has the disk and the log's keys does to an archive, it is found, by name and where it is."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tacit.acts import MessagePosted
from tacit.acts.header import Seen
from tacit.compose import compose
from tacit.envelope import digest
from tacit.record.archive import CHECKPOINT, IRREGULAR, decode_kept, encode_kept, envelopes_path, witnessed_path
from tacit.record.note import parse_note
from tacit.record.tiles import decode_bundle, encode_bundle
from tacit.testing import COUNCIL, EAST, World
from tests.unit.cli.files import entry_with, forged
from tests.unit.verify.archives import (
    Mark,
    found_in,
    marks,
    messages,
    passed,
    places,
    received,
    signed,
    silent,
    sound,
    verified,
    world,
    write,
)

Files = dict[str, bytes]
SIZE = len(world().entries)
EDGE = f"tile/entries/001.p/{SIZE - 256}"
TALK = f"{COUNCIL}/{EAST}"


def rewritten(raw: list[bytes]) -> Files:
    """The whole archive written anew over other messages, and the checkpoints of before."""
    size = len(raw)
    old = sound()
    files = write(world(), raw, [Mark(size, received(world(), -1) + timedelta(seconds=1))], places(world())[:size])
    return files | {path: old[path] for path in old if path.startswith("witnessed")}


def test_a_sound_archive_is_proved() -> None:
    done = verified(sound(), whole=True)

    assert [] == done.findings
    assert (SIZE, SIZE, 2, 8) == (
        done.passed.size,
        done.passed.watch.covered,
        done.passed.watch.checkpoints - 1,
        done.passed.watch.cosignatures - 4,
    )
    assert (SIZE, 0) == (done.passed.watch.times.bracketed, done.passed.watch.times.late)
    assert (270, 0) == (done.passed.bodies, done.passed.bodies_missing)


def bend_octet(raw: bytes, at: int) -> bytes:
    """Another octet there, whatever it was."""
    return raw[:at] + (b"x" if raw[at : at + 1] != b"x" else b"y") + raw[at + 1 :]


def edit_envelope(files: Files) -> None:
    path = envelopes_path(TALK, 0, 256)
    kept = decode_kept(files[path])
    bent = [each if each.index != 50 else type(each)(50, bend_octet(each.data, -9)) for each in kept]
    files[path] = encode_kept(bent)


def move_envelope(files: Files) -> None:
    path = envelopes_path(TALK, 0, 256)
    kept = decode_kept(files[path])
    at = {each.index: each.data for each in kept}
    at[50], at[51] = at[51], at[50]
    files[path] = encode_kept([type(each)(each.index, at[each.index]) for each in kept])


def bend_tile(files: Files) -> None:
    files["tile/0/000"] = files["tile/0/000"][:320] + b"x" + files["tile/0/000"][321:]


def bend_bundle(files: Files) -> None:
    files["tile/entries/000"] = files["tile/entries/000"][:-1]


def change_leaf(files: Files) -> None:
    entries = list(decode_bundle(files["tile/entries/000"], 256))
    entries[50] = entries[50].replace(b'"term":1', b'"term":2')
    files["tile/entries/000"] = encode_bundle(tuple(entries))


def bend_body(files: Files) -> None:
    path = next(path for path in files if path.startswith("bodies/"))
    files[path] = files[path].replace(b'"data":"', b'"data":"AAAA')


def bend_log_signature(files: Files) -> None:
    note = parse_note(files[CHECKPOINT])
    line = note.lines[0]
    bent = line._replace(signature=bytes([line.signature[0] ^ 1]) + line.signature[1:])
    files[CHECKPOINT] = note._replace(lines=(bent, *note.lines[1:])).encode()


def without_quorum(files: Files) -> None:
    note = parse_note(files[CHECKPOINT])
    files[CHECKPOINT] = note._replace(lines=note.lines[:3]).encode()


def without_log_key(files: Files) -> None:
    note = parse_note(files[CHECKPOINT])
    files[CHECKPOINT] = note._replace(lines=(note.lines[0], *note.lines[2:])).encode()


def two_histories(files: Files) -> None:
    mark = marks(world())[0]
    files[witnessed_path(100, int(mark.at.timestamp()) + 1, 4)] = signed(world(), 100, b"\1" * 32, mark).encode()


def evidence_of_two_histories(files: Files) -> None:
    mark = Mark(SIZE, received(world(), -1) + timedelta(seconds=2), ())
    files["evidence/1"] = signed(world(), SIZE, b"\1" * 32, mark).encode()


def cut_off(files: Files) -> None:
    files[CHECKPOINT] = files[next(path for path in files if path.startswith("witnessed/100/"))]
    del files[EDGE]


def other_log(files: Files) -> None:
    other = World(("XAA", "XBB", "XCC", "XDD"), witnessed=True)
    files["evidence/1"] = signed(other, SIZE, b"\1" * 32, marks(world())[1]).encode()


def renamed(files: Files) -> None:
    path = next(path for path in files if path.startswith("witnessed/100/"))
    files[path.replace("/100/", "/099/")] = files.pop(path)


def envelope_elsewhere(files: Files) -> None:
    kept = decode_kept(files[envelopes_path(TALK, 0, 256)])
    files[envelopes_path("council/west", 0, 256)] = encode_kept([type(kept[0])(50, b"other")])


def as_if_unreadable(files: Files) -> None:
    """The log commits to an act as if it were a message in which none can be read."""
    path = envelopes_path(TALK, 0, 256)
    message = messages(world())[50]
    entries = list(decode_bundle(files["tile/entries/000"], 256))
    entries[50] = IRREGULAR + digest(message).encode()
    kept = [each if each.index != 50 else type(each)(50, message) for each in decode_kept(files[path])]
    files |= {"tile/entries/000": encode_bundle(tuple(entries)), path: encode_kept(kept)}


def two_lines(files: Files) -> None:
    """Part of an envelope is moved into the entry of the log."""
    path = envelopes_path(TALK, 0, 256)
    entries = list(decode_bundle(files["tile/entries/000"], 256))
    kept = decode_kept(files[path])
    data = next(each.data for each in kept if each.index == 50)
    entries[50] += b"\n" + data[:10]
    files["tile/entries/000"] = encode_bundle(tuple(entries))
    files[path] = encode_kept([each if each.index != 50 else type(each)(50, data[11:]) for each in kept])


FORGERIES: list[tuple[Callable[[Files], object], tuple[int, str]]] = [
    (edit_envelope, (50, "record.leaf")),
    (move_envelope, (50, "record.leaf")),
    (bend_tile, (10, "tree.tile")),
    (lambda files: files.pop("tile/0/000"), (0, "archive.missing")),
    (lambda files: files.pop("tile/1/000.p/1"), (0, "archive.missing")),
    (lambda files: files.pop(EDGE), (256, "archive.missing")),
    (bend_bundle, (0, "archive.damaged")),
    (as_if_unreadable, (50, "record.leaf")),
    (two_lines, (50, "record.leaf")),
    (change_leaf, (50, "record.leaf")),
    (change_leaf, (50, "tree.tile")),
    (change_leaf, (99, "checkpoint.root")),
    (lambda files: files.update({envelopes_path(TALK, 0, 256): b"x"}), (0, "archive.damaged")),
    (envelope_elsewhere, (50, "archive.damaged")),
    (bend_body, (12, "detached.mismatch")),
    (bend_log_signature, (SIZE - 1, "log.signature")),
    (without_log_key, (SIZE - 1, "log.signature")),
    (without_quorum, (SIZE - 1, "log.quorum")),
    (lambda files: files.update({CHECKPOINT: b"x"}), (SIZE - 1, "archive.damaged")),
    (lambda files: files.pop(CHECKPOINT), (SIZE - 1, "archive.missing")),
    (two_histories, (99, "checkpoint.equivocation")),
    (two_histories, (99, "checkpoint.root")),
    (evidence_of_two_histories, (SIZE - 1, "checkpoint.equivocation")),
    (cut_off, (99, "checkpoint.beyond")),
    (other_log, (SIZE - 1, "checkpoint.origin")),
    (renamed, (98, "archive.damaged")),
]


@pytest.mark.parametrize(("forge", "expected"), FORGERIES, ids=lambda each: getattr(each, "__name__", str(each)))
def test_a_change_is_found_where_it_is(forge: Callable[[Files], object], expected: tuple[int, str]) -> None:
    files = dict(sound())
    forge(files)

    assert expected in found_in(files)


REWRITINGS: list[tuple[str, Callable[[list[bytes]], list[bytes]], set[tuple[int, str]]]] = [
    ("drop", lambda raw: raw[:50] + raw[51:], {(50, "record.leaf"), (99, "checkpoint.root")}),
    ("swap", lambda raw: [*raw[:50], raw[51], raw[50], *raw[52:]], {(50, "record.leaf"), (99, "checkpoint.root")}),
    ("insert", lambda raw: [*raw[:50], raw[49], *raw[50:-1]], {(50, "record.leaf"), (99, "checkpoint.root")}),
    ("truncate", lambda raw: raw[:200], {(199, "checkpoint.beyond")}),
    ("forge", lambda raw: [*raw[:150], forged(raw[150]), *raw[151:]], {(150, "signature.invalid")}),
    ("junk", lambda raw: [*raw[:-1], b"junk"], {(SIZE - 1, "record.leaf"), (SIZE - 1, "checkpoint.root")}),
    (
        "date back",
        lambda raw: [*raw[:-1], entry_with(raw[-1], received_at=received(world(), -3))],
        {(SIZE - 1, "record.order"), (SIZE - 1, "checkpoint.root")},
    ),
]


@pytest.mark.parametrize(
    ("name", "change", "expected"), REWRITINGS, ids=lambda each: each if isinstance(each, str) else ""
)
def test_a_record_written_anew_under_every_key_but_those_of_others_is_found(
    name: str, change: Callable[[list[bytes]], list[bytes]], expected: set[tuple[int, str]]
) -> None:
    files = rewritten(change(messages(world())))

    assert expected <= set(found_in(files)), name


def test_what_the_witnesses_cosigned_twice_convicts_the_log() -> None:
    raw = messages(world())
    files = rewritten([*raw[:-1], entry_with(raw[-1], received_at=received(world(), -1) + timedelta(seconds=0.1))])

    assert (SIZE - 1, "checkpoint.equivocation") in found_in(files)


def test_an_envelope_that_is_withheld_is_checked_by_its_leaf_and_not_more() -> None:
    files = {path: raw for path, raw in sound().items() if not path.startswith(f"envelopes/{TALK}")}
    done = verified(files)

    assert [] == done.findings
    assert (271, SIZE) == (done.acts.withheld, done.passed.size)
    assert (12, "archive.withheld") in [(each.index, each.rule) for each in verified(files, whole=True).findings]


def test_a_leaf_that_is_wrong_is_found_though_its_envelope_is_withheld() -> None:
    files = {path: raw for path, raw in sound().items() if not path.startswith(f"envelopes/{TALK}")}
    change_leaf(files)

    assert (50, "record.leaf") in found_in(files)


def test_a_body_that_is_not_at_hand_is_counted() -> None:
    files = dict(sound())
    del files[next(path for path in files if path.startswith("bodies/"))]
    done = verified(files)

    assert ([], 1, 269) == (done.findings, done.passed.bodies_missing, done.passed.bodies)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (lambda size: Seen(10, "1" * 64), "seen.root"),
        (lambda size: Seen(size + 1, "1" * 64), "seen.beyond"),
    ],
)
def test_an_act_exposes_a_fork_by_what_its_author_had_seen(seen: Callable[[int], Seen], expected: str) -> None:
    told = World(witnessed=True)
    told.say("XAA", MessagePosted(subject="News", in_reply_to=None), text=b"1")
    author, size = told.author("XAA"), len(told.entries)
    content = MessagePosted(subject="News", in_reply_to=None)
    composed = compose(author, content, told.place, told.link(author, told.place), told.window(),
                       detached="0" * 64, seen=seen(size))  # fmt: skip
    told.record(composed)
    files = write(told, messages(told), marks_at_end(told), places(told))

    assert [(size, expected)] == found_in(files)


def marks_at_end(told: World) -> list[Mark]:
    return [Mark(len(told.entries), told.now + timedelta(seconds=1))]


def test_a_time_after_its_cosignature_is_found() -> None:
    told = world()
    early = [Mark(SIZE, received(told, -1) - timedelta(seconds=60))]

    assert {(SIZE - 1, "time.ahead")} == set(found_in(write(told, messages(told), early, places(told))))


def test_a_time_before_a_checkpoint_without_it_is_told_and_found_where_a_deadline_ran() -> None:
    told = world()
    late = [Mark(100, received(told, 99) + timedelta(seconds=90)), Mark(SIZE, told.now + timedelta(seconds=90))]
    done = verified(write(told, messages(told), late, places(told)))
    assert ([], 100) == (done.findings, done.passed.watch.times.late_first)

    decided = passed()
    size = len(decided.entries)
    late = [Mark(size - 1, decided.now + timedelta(seconds=60)), Mark(size, decided.now + timedelta(seconds=61))]
    assert [(size - 1, "time.behind")] == found_in(write(decided, messages(decided), late, places(decided)))


def test_a_silence_that_has_not_passed_cannot_be_stated_to_have() -> None:
    told, decided = silent(), passed()
    raw = messages(decided)
    early = entry_with(raw[-1], received_at=told.now)
    files = write(told, [*raw[:-1], early], marks_at_end(decided), places(decided))

    assert {each for _, each in found_in(files)} & {"silence.not_expired", "header.claimed_ahead"}
