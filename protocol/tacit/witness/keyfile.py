"""The keys of a witness in a file that only its owner can read: the name, a space, the seed in base64.

Where there is a key of ML-DSA-44 beside that of Ed25519, a second line: `mldsa44`, a space, its seed.
"""

import base64
import binascii
import os
from pathlib import Path
from typing import Final

from tacit.errors import RefusedError
from tacit.record.witness_signing import WitnessSigner
from tacit.signing import SEED_BYTES
from tacit.witness.folder import sync_folder

SECOND: Final = "mldsa44"
KEY_FILE_BYTES_MAX: Final = 4_096


class KeyFileError(Exception):
    """The file is no key of a witness, or others may read it."""


def make_key(path: Path, name: str, ed25519: bytes, mldsa44: bytes | None = None) -> WitnessSigner:
    """Write a new key file, readable by its owner alone, and return its signer.

    Raises:
        FileExistsError: there is a file already; a key is never written over.
        KeyFileError: no key may have this name.
    """
    signer = _signer(name, ed25519, mldsa44)
    seeds = [(name, ed25519), *([(SECOND, mldsa44)] if mldsa44 is not None else [])]
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.writelines(f"{word} {base64.b64encode(seed).decode()}\n" for word, seed in seeds)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.absolute().parent)
    return signer


def read_key(path: Path) -> WitnessSigner:
    """The signer in a key file.

    Raises:
        OSError: it cannot be read.
        KeyFileError: it is no key file, or others than its owner may read it.
    """
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_mode & 0o077:
            raise KeyFileError(f"{path} may be read by others: chmod 600 it, and think about a new key")
        raw = file.read(KEY_FILE_BYTES_MAX)
    try:
        seeds = [_seed(line) for line in raw.decode().removesuffix("\n").split("\n")]
    except (binascii.Error, ValueError) as error:
        raise KeyFileError(f"{path} is no key of a witness") from error
    match seeds:
        case [(name, ed25519)]:
            return _signer(name, ed25519, None)
        case [(name, ed25519), (word, mldsa44)] if word == SECOND:
            return _signer(name, ed25519, mldsa44)
        case _:
            raise KeyFileError(f"{path} is no key of a witness")


def _seed(line: str) -> tuple[str, bytes]:
    """The word and the seed of a line. Raises ValueError where it is none."""
    word, space, encoded = line.rpartition(" ")
    seed = base64.b64decode(encoded, validate=True)
    if not space or len(seed) != SEED_BYTES:
        raise ValueError("no seed")
    return word, seed


def _signer(name: str, ed25519: bytes, mldsa44: bytes | None) -> WitnessSigner:
    try:
        return WitnessSigner.of_seeds(name, ed25519, mldsa44)
    except RefusedError as error:
        raise KeyFileError(error.detail) from error
