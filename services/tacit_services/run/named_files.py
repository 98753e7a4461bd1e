"""Reading the files that settings name: charter, key, credentials, certificates. What cannot be read is a sentence."""

from pathlib import Path

from tacit import acts, envelope
from tacit.acts import CharterDeposited
from tacit.errors import RefusedError
from tacit.ids import NOTARY, ActId, OfficeName, StateCode
from tacit.record.log_signing import LogSigner
from tacit.signing import Signer
from tacit_services.run.around import Identity
from tacit_services.run.reading import reading
from tacit_services.run.services import SERVICES
from tacit_services.run.settings import NatsSettings, Settings
from tacit_services.run.tls import server_tls, tls_of
from tacit_services.shell.config import SettingError
from tacit_services.shell.nats_connection import Credentials
from tacit_services.shell.organisation_files import DamagedFileError, read_log_signer, read_signer


class UnknownWitnessError(SettingError):
    """A witness is to be asked that counts for nothing."""

    def __init__(self, states: list[StateCode], known: list[StateCode]) -> None:
        super().__init__(
            f"notary.witnesses names {', '.join(states)}, and the charter names witnesses of "
            f"{', '.join(known) or 'nobody'}: correct the setting."
        )


class MissingSettingError(SettingError):
    """A service lacks what it cannot do without."""

    def __init__(self, setting: str, service: str) -> None:
        super().__init__(f"The {service} needs {setting}: set it in the file or in the environment.")


def check_files(name: str, settings: Settings) -> None:
    """Read everything that a service reads at its start. Raises SettingError, DamagedFileError."""
    identity_of(name, settings)
    credentials_of(settings.nats)
    tls_of(settings.nats)
    if name == "gateway":
        server_tls(settings.gateway)
    if name == NOTARY:
        check_witnesses(_charter(name, settings), settings)
    folder_of(name, settings)


def check_witnesses(charter: bytes, settings: Settings) -> None:
    """Whether the charter names a witness of every state that the notary is to ask. Raises UnknownWitnessError."""
    content = acts.decode(envelope.decode(charter).payload).content
    known = {witness.state for witness in content.witnesses} if isinstance(content, CharterDeposited) else set()
    unknown = sorted(settings.notary.prefixes.keys() - known)
    if unknown:
        raise UnknownWitnessError(unknown, sorted(known))


def organisation_of(name: str, settings: Settings) -> ActId:
    """The organisation whose charter is named, for who holds no key. Raises SettingError, DamagedFileError."""
    return _organisation(_charter(name, settings), settings.organisation.charter_file)


def identity_of(name: str, settings: Settings) -> Identity:
    """The organisation, and the one key of this service. Raises SettingError, DamagedFileError."""
    named, charter = settings.organisation, _charter(name, settings)
    office = SERVICES[name].office
    if office and not named.key_file:
        raise MissingSettingError("organisation.key_file", name)
    of_log = office == NOTARY
    own = reading("organisation.key_file", named.key_file, read_signer) if office and not of_log else None
    log = reading("organisation.key_file", named.key_file, read_log_signer) if of_log else None

    def signer(asked: OfficeName) -> Signer:
        if own is None or asked != office:
            message = f"the {name} holds no key of {asked}"
            raise LookupError(message)
        return own

    def log_signer() -> LogSigner:
        if log is None:
            message = f"the {name} holds no key of the log"
            raise LookupError(message)
        return log

    return Identity(_organisation(charter, named.charter_file), charter, signer, log_signer)


def _charter(name: str, settings: Settings) -> bytes:
    path = settings.organisation.charter_file
    if not path:
        raise MissingSettingError("organisation.charter_file", name)
    return reading("organisation.charter_file", path, Path.read_bytes)


def _organisation(charter: bytes, path: str) -> ActId:
    try:
        return envelope.act_id(envelope.decode(charter).payload)
    except RefusedError as error:
        raise DamagedFileError(Path(path)) from error


def folder_of(name: str, settings: Settings) -> Path | None:
    """Where it keeps its files, made if absent; None: nowhere, which it can do without. Raises SettingError."""
    folder = settings.state.folder
    if not folder and SERVICES[name].needs_folder:
        raise MissingSettingError("state.folder", name)
    if not folder:
        return None
    reading("state.folder", folder, lambda path: path.mkdir(parents=True, exist_ok=True, mode=0o700))
    return Path(folder)


def credentials_of(nats: NatsSettings) -> Credentials:
    """What to sign in with. Raises SettingError."""
    password = nats.password
    if nats.password_file:
        password = reading("nats.password_file", nats.password_file, Path.read_text).strip()
    for setting, path in (("nats.creds_file", nats.creds_file), ("nats.nkey_seed_file", nats.nkey_seed_file)):
        if path:
            reading(setting, path, Path.read_bytes)
    return Credentials(nats.user, password, nats.creds_file, nats.nkey_seed_file)
