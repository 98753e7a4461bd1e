"""Reading the files that settings name: charter, key, credentials, certificates. What cannot be read is a sentence."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tacit import envelope
from tacit.errors import RefusedError
from tacit.ids import ActId, OfficeName
from tacit.signing import Signer
from tacit_services.run.around import Identity
from tacit_services.run.catalogue import SERVICES
from tacit_services.run.settings import NatsSettings, Settings
from tacit_services.shell.config import SettingError
from tacit_services.shell.nats_connection import Credentials
from tacit_services.shell.organisation_files import DamagedFileError, read_signer

T = TypeVar("T")


class MissingSettingError(SettingError):
    """A service lacks what it cannot do without."""

    def __init__(self, setting: str, service: str) -> None:
        super().__init__(f"The {service} needs {setting}: set it in the file or in the environment.")


class UnreadableFileError(SettingError):
    """A file that a setting names cannot be read."""

    def __init__(self, setting: str, path: str, reason: str) -> None:
        super().__init__(f"{setting} names {path}, which cannot be read ({reason}): correct one or the other.")


def check_files(name: str, settings: Settings) -> None:
    """Read everything that a service reads at its start. Raises SettingError, DamagedFileError."""
    identity_of(name, settings)
    credentials_of(settings.nats)
    tls_of(settings.nats)
    folder_of(name, settings)


def identity_of(name: str, settings: Settings) -> Identity:
    """The organisation, and the one key of this service. Raises SettingError, DamagedFileError."""
    named = settings.organisation
    if not named.charter_file:
        raise MissingSettingError("organisation.charter_file", name)
    charter = _reading("organisation.charter_file", named.charter_file, Path.read_bytes)
    office = SERVICES[name].office
    if office and not named.key_file:
        raise MissingSettingError("organisation.key_file", name)
    own = _reading("organisation.key_file", named.key_file, read_signer) if office else None

    def signer(asked: OfficeName) -> Signer:
        if own is None or asked != office:
            message = f"the {name} holds no key of {asked}"
            raise LookupError(message)
        return own

    return Identity(_organisation(charter, named.charter_file), charter, signer)


def _organisation(charter: bytes, path: str) -> ActId:
    try:
        return envelope.act_id(envelope.decode(charter).payload)
    except RefusedError as error:
        raise DamagedFileError(Path(path)) from error


def folder_of(name: str, settings: Settings) -> Path:
    """Where it keeps its files, made if absent. Raises SettingError."""
    if not SERVICES[name].keeps_files:
        return Path()
    folder = settings.state.folder
    if not folder:
        raise MissingSettingError("state.folder", name)
    _reading("state.folder", folder, lambda path: path.mkdir(parents=True, exist_ok=True, mode=0o700))
    return Path(folder)


def credentials_of(nats: NatsSettings) -> Credentials:
    """What to sign in with. Raises SettingError."""
    password = nats.password
    if nats.password_file:
        password = _reading("nats.password_file", nats.password_file, Path.read_text).strip()
    for setting, path in (("nats.creds_file", nats.creds_file), ("nats.nkey_seed_file", nats.nkey_seed_file)):
        if path:
            _reading(setting, path, Path.read_bytes)
    return Credentials(nats.user, password, nats.creds_file, nats.nkey_seed_file)


def tls_of(nats: NatsSettings) -> ssl.SSLContext | None:
    """How the connection is encrypted; None where it is not. Raises SettingError."""
    if not nats.tls_ca_file and not nats.tls_cert_file and not any(url.startswith("tls:") for url in nats.urls):
        return None
    context = _reading(
        "nats.tls_ca_file",
        nats.tls_ca_file,
        lambda path: ssl.create_default_context(cafile=path if path.name else None),
    )
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    if nats.tls_cert_file:
        _reading(
            "nats.tls_cert_file", nats.tls_cert_file, lambda path: context.load_cert_chain(path, nats.tls_key_file)
        )
    return context


def _reading(setting: str, path: str, read: Callable[[Path], T]) -> T:
    try:
        return read(Path(path))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise UnreadableFileError(setting, path, reason) from error
