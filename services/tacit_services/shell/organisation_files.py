"""The files of one organisation on one machine: its charter and its keys, written so that they last."""

import os
from pathlib import Path
from typing import Final, Literal

import msgspec

from tacit.ids import NOTARY, ORGANISATION, OfficeName, StateCode, Suite
from tacit.record.log_signing import LogSigner
from tacit.signing import Signer
from tacit_services.shell.errors import OperatorError

PRIVATE_FILE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700


class KeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The private keys of one office: its suite and one seed for each algorithm. Readable by its owner alone."""

    suite: Suite
    seeds: tuple[bytes, ...]

    def __repr__(self) -> str:
        return "KeyFile(...)"


class LogKeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The private keys of the log: a seed for Ed25519, one for ML-DSA-44. Readable by its owner alone."""

    purpose: Literal["log"]
    seeds: tuple[bytes, bytes]

    def __repr__(self) -> str:
        return "LogKeyFile(...)"


class DamagedFileError(OperatorError):
    """A file of the data folder cannot be read for what it should be."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is damaged: restore it from a copy; it cannot be made anew.")


class OrganisationFiles:
    """What a data folder holds of an organisation. The embedded server holds the folder itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registrar_index = folder / "registrar-index.sqlite"
        self.views = folder / "views.sqlite"
        self.archive = folder / "archive"
        self._charter = folder / "charter.json"

    def kept_state(self, service: str) -> Path:
        """Where a service keeps the state of its fold. The file may be missing or deleted at any time."""
        return self.folder / f"{service}-state"

    def read_charter(self) -> bytes | None:
        """The envelope of the charter, None in a folder where nothing is founded yet."""
        return self._charter.read_bytes() if self._charter.exists() else None

    def write_charter(self, envelope: bytes) -> None:
        """Keep the charter: from now on this folder belongs to that organisation."""
        _write_private(self._charter, envelope)

    def signer(self, state: StateCode, office: OfficeName) -> Signer | None:
        """The keys of an office, None if this folder has none.

        Raises:
            DamagedFileError: the file is not a key file.
        """
        path = self._key_path(state, office)
        return read_signer(path) if path.exists() else None

    def log_signer(self) -> LogSigner | None:
        """The keys of the log, None if this folder has none.

        Raises:
            DamagedFileError: the file is not a key file of a log.
        """
        path = self._key_path(ORGANISATION, NOTARY)
        return read_log_signer(path) if path.exists() else None

    def write_log_keys(self, keys: LogKeyFile) -> None:
        """Keep the keys of the log, durable before they are used."""
        write_log_keys(self._key_path(ORGANISATION, NOTARY), keys)

    def write_keys(self, state: StateCode, office: OfficeName, keys: KeyFile) -> None:
        """Keep the keys of an office, durable before they are used."""
        write_keys(self._key_path(state, office), keys)

    def witness_folder(self, state: StateCode) -> Path:
        """Where an exercise keeps the witness of a member: its key, what it holds."""
        return self.folder / "witnesses" / state

    def _key_path(self, state: StateCode, office: OfficeName) -> Path:
        return self.folder / "keys" / state / f"{office}.json"


def read_signer(path: Path) -> Signer:
    """The keys in a key file.

    Raises:
        DamagedFileError: it is none. OSError: it cannot be read.
    """
    try:
        held = msgspec.json.decode(path.read_bytes(), type=KeyFile)
        return Signer(held.suite, held.seeds)
    except (msgspec.MsgspecError, ValueError) as error:
        raise DamagedFileError(path) from error


def read_log_signer(path: Path) -> LogSigner:
    """The keys in a key file of a log.

    Raises:
        DamagedFileError: it is none. OSError: it cannot be read.
    """
    try:
        return LogSigner(*msgspec.json.decode(path.read_bytes(), type=LogKeyFile).seeds)
    except (msgspec.MsgspecError, ValueError) as error:
        raise DamagedFileError(path) from error


def write_keys(path: Path, keys: KeyFile) -> None:
    """Write a key file, durable before the keys are used."""
    _write_private(path, msgspec.json.encode(keys))


def write_log_keys(path: Path, keys: LogKeyFile) -> None:
    """Write a key file of a log, durable before the keys are used."""
    _write_private(path, msgspec.json.encode(keys))


def _write_private(path: Path, data: bytes) -> None:
    """Write whole or not at all: a new file, synced, then put in the place of the old one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
