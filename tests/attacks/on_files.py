"""Attacks on the files of an archive: the disk alone is enough for them."""

from collections.abc import Callable
from pathlib import Path

from tacit.acts import MessagePosted
from tacit.record.archive import CHECKPOINT, decode_kept, encode_kept, kept_of, log_entry
from tacit.record.merkle import CompactRange, leaf_hash
from tacit.record.note import Note, parse_note
from tacit.record.tiles import TILE_WIDTH, decode_bundle, decode_tile, encode_bundle
from tacit.testing import COUNCIL, witness_signer
from tests.attacks.case import DISK, LOG, WITNESSES, Outcome, attack
from tests.attacks.detectors import verified
from tests.attacks.operator import STATES, Files, Operator
from tests.unit.verify.archives import signed, write
from tests.unit.verify.archives import world as long_talk

Change = Callable[[Files], None]


def talk_of(operator: Operator) -> int:
    """The last message of the story."""
    return max(at for at, each in enumerate(operator.world.entries) if isinstance(each.act.content, MessagePosted))


def bundle(operator: Operator) -> str:
    """The file of the entries: all fit into one."""
    return f"tile/entries/000.p/{operator.size}"


def spoilt(folder: Path, change: Callable[[Operator, Files, int], None], *options: str) -> Outcome:
    """Change the honest archive at its last message but one, and have it verified."""
    operator = Operator()
    index, files = talk_of(operator) - 1, operator.honest()
    change(operator, files, index)
    return verified(operator, files, folder, index, *options)


def envelopes(operator: Operator, files: Files, index: int) -> tuple[str, dict[int, bytes]]:
    """The file that holds the envelope of an entry, and what is in it."""
    path = next(
        path
        for path in sorted(files)
        if path.startswith(f"envelopes/{operator.folders[index]}/")
        and index in {each.index for each in decode_kept(files[path])}
    )
    return path, {each.index: each.data for each in decode_kept(files[path])}


def keep(files: Files, path: str, kept: dict[int, bytes]) -> None:
    """Write a file of envelopes."""
    kind = type(decode_kept(files[path])[0])
    files[path] = encode_kept([kind(index, kept[index]) for index in sorted(kept)])


@attack("an octet of a signed act is changed", DISK, by="verify", name="record.leaf")
def edit_an_envelope(folder: Path) -> Outcome:
    def change(operator: Operator, files: Files, index: int) -> None:
        path, kept = envelopes(operator, files, index)
        kept[index] = kept[index][:-9] + bytes([kept[index][-9] ^ 1]) + kept[index][-8:]
        keep(files, path, kept)

    return spoilt(folder, change)


@attack("two acts change their places under the leaves that are there", DISK, by="verify", name="record.leaf")
def swap_envelopes(folder: Path) -> Outcome:
    def change(operator: Operator, files: Files, index: int) -> None:
        path, kept = envelopes(operator, files, index)
        kept[index], kept[index + 1] = kept[index + 1], kept[index]
        keep(files, path, kept)

    return spoilt(folder, change)


@attack("an act is held back from who may read all (`--whole`)", DISK, by="verify", name="archive.withheld")
def withhold_an_envelope(folder: Path) -> Outcome:
    def change(operator: Operator, files: Files, index: int) -> None:
        path, kept = envelopes(operator, files, index)
        del kept[index]
        keep(files, path, kept)

    return spoilt(folder, change, "--whole")


@attack("the text beside an act is altered", DISK, by="verify", name="detached.mismatch")
def alter_a_text(folder: Path) -> Outcome:
    def change(operator: Operator, files: Files, index: int) -> None:
        path = body_of(operator, index)
        files[path] = files[path].replace(b'"data":"', b'"data":"AAAA')

    return spoilt(folder, change)


@attack("the texts of two acts are exchanged", DISK, by="verify", name="detached.mismatch")
def exchange_texts(folder: Path) -> Outcome:
    def change(operator: Operator, files: Files, index: int) -> None:
        one, other = body_of(operator, index), body_of(operator, index + 1)
        files[one], files[other] = files[other], files[one]

    return spoilt(folder, change)


def body_of(operator: Operator, index: int) -> str:
    """Where the text of an act lies."""
    header = operator.world.entries[index].act.header
    return f"bodies/{header.body}/{header.channel}/{header.detached}"


@attack("a tile of hashes is changed", DISK, by="verify", name="tree.tile")
def change_a_tile(folder: Path) -> Outcome:
    def change(operator: Operator, files: Files, index: int) -> None:
        path, at = f"tile/0/000.p/{operator.size}", 32 * index
        files[path] = files[path][:at] + bytes([files[path][at] ^ 1]) + files[path][at + 1 :]

    return spoilt(folder, change)


@attack("a tile that is not full is hashed upward as if it were", DISK, by="verify", name="archive.damaged")
def hash_a_partial_tile_upward(folder: Path) -> Outcome:
    operator = Operator(long_talk())
    files = operator.honest()
    partial = decode_tile(files[f"tile/0/001.p/{operator.size - TILE_WIDTH}"], operator.size - TILE_WIDTH)
    tree = CompactRange()
    for leaf in partial:
        tree.append(leaf)
    files["tile/1/000.p/1"] += tree.root()
    return verified(operator, files, folder, 0)


@attack("the bundle holds another entry than its tile", DISK, by="verify", name="tree.tile")
def serve_another_bundle(folder: Path) -> Outcome:
    def change(operator: Operator, files: Files, index: int) -> None:
        entries = list(decode_bundle(files[bundle(operator)], operator.size))
        entries[index] = entries[index].replace(b'"term":1', b'"term":2')
        files[bundle(operator)] = encode_bundle(tuple(entries))

    return spoilt(folder, change)


@attack("an act and its leaf are exchanged for others, the tiles are left", DISK, by="verify", name="tree.tile")
def exchange_an_entry(folder: Path) -> Outcome:
    def change(operator: Operator, files: Files, index: int) -> None:
        said = operator.compose("ORG", "secretariat", MessagePosted(subject="Other", in_reply_to=None), text=b"1")
        message = operator.seal(said, operator.world.entries[index].leaf.received_at, index)
        entries = list(decode_bundle(files[bundle(operator)], operator.size))
        entries[index] = log_entry(message)
        files[bundle(operator)] = encode_bundle(tuple(entries))
        path, kept = envelopes(operator, files, index)
        kept[index] = kept_of(entries[index], message)
        keep(files, path, kept)

    return spoilt(folder, change)


@attack("an act is laid into the folder of another channel as well", DISK, by="verify", name="archive.damaged")
def lay_an_act_elsewhere(folder: Path) -> Outcome:
    def change(_: Operator, files: Files, index: int) -> None:
        path = f"envelopes/{COUNCIL}/other/000"
        kind = type(decode_kept(files[next(each for each in files if each.startswith("envelopes/"))])[0])
        files[path] = encode_kept([kind(index, b"another act")])

    return spoilt(folder, change)


@attack("a bundle of entries is deleted", DISK, by="verify", name="archive.missing")
def delete_a_bundle(folder: Path) -> Outcome:
    operator = Operator()
    files = operator.honest()
    del files[bundle(operator)]
    return verified(operator, files, folder, 0)


@attack("the end is cut off, a newer checkpoint left behind", DISK, by="verify", name="checkpoint.beyond")
def cut_the_end_off(folder: Path) -> Outcome:
    operator = Operator()
    older, newest = operator.marks()[-2:]
    files = write(operator.world, operator.raw[: older.size], [older], operator.folders)
    newer = operator.honest()
    files |= {path: newer[path] for path in newer if path.startswith(f"witnessed/{newest.size:03}/")}
    return verified(operator, files, folder, older.size - 1)


@attack("a checkpoint is filed under another size", DISK, by="verify", name="archive.damaged")
def file_a_checkpoint_elsewhere(folder: Path) -> Outcome:
    operator = Operator()
    files, old = operator.honest(), operator.marks()[0]
    path = next(path for path in files if path.startswith(f"witnessed/{old.size:03}/"))
    files[path.replace(f"/{old.size:03}/", f"/{old.size - 1:03}/")] = files.pop(path)
    return verified(operator, files, folder, old.size - 2)


def republished(folder: Path, change: Callable[[Operator, Note], Note]) -> Outcome:
    """Change the published checkpoint, which covers everything, and have the archive verified."""
    operator = Operator()
    files = operator.honest()
    files[CHECKPOINT] = change(operator, parse_note(files[CHECKPOINT])).encode()
    return verified(operator, files, folder, operator.size - 1)


@attack("a checkpoint has one cosignature too few", LOG, by="verify", name="log.quorum")
def publish_without_a_quorum(folder: Path) -> Outcome:
    return republished(folder, lambda _, note: note._replace(lines=note.lines[:4]))


@attack("the missing cosignature is that of a witness twice", LOG, by="verify", name="log.quorum")
def count_a_witness_twice(folder: Path) -> Outcome:
    return republished(folder, lambda _, note: note._replace(lines=(*note.lines[:4], note.lines[3])))


@attack("the missing cosignature is by a witness that is not in the charter", LOG, by="verify", name="log.quorum")
def count_a_stranger(folder: Path) -> Outcome:
    def change(operator: Operator, note: Note) -> Note:
        stranger = witness_signer("XZZ").sign(note.text, int(operator.world.now.timestamp()))
        return note._replace(lines=(*note.lines[:4], stranger))

    return republished(folder, change)


@attack("a cosignature is made up under the name and key id of a witness", LOG, by="verify", name="log.signature")
def make_up_a_cosignature(folder: Path) -> Outcome:
    def change(_: Operator, note: Note) -> Note:
        line = note.lines[4]
        bent = line._replace(signature=line.signature[:-1] + bytes([line.signature[-1] ^ 1]))
        return note._replace(lines=(*note.lines[:4], bent))

    return republished(folder, change)


@attack("a cosignature of an older checkpoint is put under this one", LOG, by="verify", name="log.signature")
def move_a_cosignature(folder: Path) -> Outcome:
    def change(operator: Operator, note: Note) -> Note:
        old = operator.marks()[1]
        kept = operator.honest()
        path = next(path for path in kept if path.startswith(f"witnessed/{old.size:03}/"))
        return note._replace(lines=(*note.lines[:4], parse_note(kept[path]).lines[4]))

    return republished(folder, change)


@attack("a checkpoint is signed with one of the log's two keys alone", DISK, by="verify", name="log.signature")
def sign_with_one_log_key(folder: Path) -> Outcome:
    return republished(folder, lambda _, note: note._replace(lines=(note.lines[0], *note.lines[2:])))


@attack("the root counts the last entry twice, to have room for another", LOG, by="verify", name="checkpoint.root")
def pad_the_tree(folder: Path) -> Outcome:
    def change(operator: Operator, _: Note) -> Note:
        tree = CompactRange()
        for raw in (*operator.raw, operator.raw[-1]):
            tree.append(leaf_hash(log_entry(raw)))
        return signed(operator.world, operator.size, tree.root(), operator.mark(operator.size))

    return republished(folder, change)


@attack("all witnesses cosign a made-up root", LOG, WITNESSES, by="verify", name="checkpoint.root")
def conspire_with_all_witnesses(folder: Path) -> Outcome:
    def change(operator: Operator, _: Note) -> Note:
        return signed(operator.world, operator.size, b"\1" * 32, operator.mark(operator.size, STATES))

    return republished(folder, change)


def kept_of_a_fork(folder: Path, change: Callable[[Note], Note]) -> Outcome:
    """The log signs another root of a size that it had; a member has kept that checkpoint, with the lines it bears."""
    operator = Operator()
    files, mark = operator.honest(), operator.marks()[1]
    files["evidence/kept"] = change(signed(operator.world, mark.size, b"\1" * 32, mark)).encode()
    return verified(operator, files, folder, mark.size - 1)


@attack(
    "a second history is signed with one of the log's two keys alone", LOG, by="verify", name="checkpoint.equivocation"
)
def fork_under_one_key(folder: Path) -> Outcome:
    return kept_of_a_fork(folder, lambda note: note._replace(lines=(note.lines[0], *note.lines[2:])))


@attack("a second history bears a line that no witness made", LOG, by="verify", name="checkpoint.equivocation")
def fork_under_a_bent_line(folder: Path) -> Outcome:
    def change(note: Note) -> Note:
        line = note.lines[2]
        bent = line._replace(signature=line.signature[:-1] + bytes([line.signature[-1] ^ 1]))
        return note._replace(lines=(*note.lines[:2], bent, *note.lines[3:]))

    return kept_of_a_fork(folder, change)
