"""The key of a witness in a file that only its owner can read: the name, a space, the seed in base64."""

import base64
import binascii
import os
from pathlib import Path

from tacit.errors import RefusedError
from tacit.record.cosignature import NoteSigner
from tacit.record.vkey import ED25519_COSIGNATURE
from tacit.signing import SEED_BYTES
from tacit.witness.folder import sync_folder


class KeyFileError(Exception):
    """The file is no key of a witness, or others may read it."""


def make_key(path: Path, name: str, seed: bytes) -> NoteSigner:
    """Write a new key file, readable by its owner alone, and return its signer.

    Raises:
        FileExistsError: there is a file already; a key is never written over.
        KeyFileError: no key may have this name.
    """
    signer = _signer(name, seed)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(f"{name} {base64.b64encode(seed).decode()}\n")
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.absolute().parent)
    return signer


def read_key(path: Path) -> NoteSigner:
    """The signer in a key file.

    Raises:
        OSError: it cannot be read.
        KeyFileError: it is no key file, or others than its owner may read it.
    """
    if path.stat().st_mode & 0o077:
        raise KeyFileError(f"{path} may be read by others: chmod 600 it, and think about a new key")
    name, space, encoded = path.read_text().rstrip("\n").rpartition(" ")
    try:
        seed = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise KeyFileError(f"{path} is no key of a witness") from error
    if not space or len(seed) != SEED_BYTES:
        raise KeyFileError(f"{path} is no key of a witness")
    return _signer(name, seed)


def _signer(name: str, seed: bytes) -> NoteSigner:
    try:
        return NoteSigner(name, ED25519_COSIGNATURE, seed)
    except RefusedError as error:
        raise KeyFileError(error.detail) from error
