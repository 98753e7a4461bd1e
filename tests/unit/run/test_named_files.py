"""What a service reads at its start, and the sentence for each file that is not there or is something else."""

from pathlib import Path

import pytest
from msgspec import structs

from tacit import envelope
from tacit.record.log_signing import LogSigner
from tacit.signing import Signer
from tacit.testing import World
from tacit_services.notary import NotarySettings
from tacit_services.run.named_files import (
    MissingSettingError,
    UnknownWitnessError,
    check_files,
    credentials_of,
    identity_of,
)
from tacit_services.run.reading import UnreadableFileError
from tacit_services.run.settings import NatsSettings, OrganisationSettings, Settings, StateSettings
from tacit_services.run.tls import tls_of
from tacit_services.shell.organisation_files import DamagedFileError, KeyFile, LogKeyFile, OrganisationFiles, write_keys

SEED = b"s" * 32


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """What a registrar needs."""
    (tmp_path / "charter.json").write_bytes(envelope.encode(World().entries[0].envelope))
    write_keys(tmp_path / "registrar.json", KeyFile("ed25519", (SEED,)))
    named = OrganisationSettings(charter_file=str(tmp_path / "charter.json"), key_file=str(tmp_path / "registrar.json"))
    return Settings(organisation=named, state=StateSettings(folder=str(tmp_path / "state")))


def test_a_service_holds_its_own_key_and_no_other(settings: Settings) -> None:
    identity = identity_of("registrar", settings)

    assert Signer("ed25519", (SEED,)).credential == identity.signer("registrar").credential
    with pytest.raises(LookupError):
        identity.signer("timekeeper")
    with pytest.raises(LookupError):
        identity_of("relay", settings).signer("registrar")


def test_what_is_whole_passes(settings: Settings) -> None:
    for name in ("registrar", "timekeeper", "projector", "relay", "gateway"):
        check_files(name, settings)


@pytest.mark.parametrize(
    ("service", "setting"),
    [("gateway", "organisation.charter_file"), ("registrar", "organisation.charter_file")],
)
def test_without_a_charter_nothing_starts(service: str, setting: str) -> None:
    with pytest.raises(MissingSettingError, match=rf"The {service} needs {setting}"):
        check_files(service, Settings())


def test_registrar_and_timekeeper_need_a_key_and_nobody_else(settings: Settings) -> None:
    keyless = Settings(
        organisation=OrganisationSettings(charter_file=settings.organisation.charter_file), state=settings.state
    )
    for name in ("registrar", "timekeeper"):
        with pytest.raises(MissingSettingError, match=r"organisation\.key_file"):
            check_files(name, keyless)
    for name in ("projector", "relay", "gateway"):
        check_files(name, keyless)


def test_the_notary_holds_the_keys_of_the_log_and_no_other(settings: Settings, tmp_path: Path) -> None:
    OrganisationFiles(tmp_path).write_log_keys(LogKeyFile("log", (SEED, SEED)))
    named = structs.replace(settings.organisation, key_file=str(tmp_path / "keys" / "ORG" / "notary.json"))
    identity = identity_of("notary", structs.replace(settings, organisation=named))

    assert LogSigner(SEED, SEED).credential == identity.log_signer().credential
    with pytest.raises(LookupError):
        identity.signer("notary")
    with pytest.raises(LookupError):
        identity_of("registrar", settings).log_signer()
    with pytest.raises(DamagedFileError, match=r"registrar\.json"):
        check_files("notary", settings)


def test_a_notary_asks_nobody_who_counts_for_nothing(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "charter.json").write_bytes(envelope.encode(World(witnessed=True).entries[0].envelope))
    OrganisationFiles(tmp_path).write_log_keys(LogKeyFile("log", (SEED, SEED)))
    named = structs.replace(settings.organisation, key_file=str(tmp_path / "keys" / "ORG" / "notary.json"))
    known, unknown = (
        structs.replace(settings, organisation=named, notary=NotarySettings(witnesses=(f"{state}=http://w.example/",)))
        for state in ("XBB", "XZZ")
    )

    check_files("notary", known)
    with pytest.raises(UnknownWitnessError, match="names XZZ, and the charter names witnesses of XAA, XBB"):
        check_files("notary", unknown)


def test_what_keeps_files_needs_a_folder(settings: Settings) -> None:
    homeless = Settings(organisation=settings.organisation)
    with pytest.raises(MissingSettingError, match=r"state\.folder"):
        check_files("projector", homeless)
    check_files("gateway", homeless)


def test_a_file_that_is_not_there_is_named(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "charter.json").unlink()
    with pytest.raises(UnreadableFileError, match=r"organisation\.charter_file names .*No such file"):
        check_files("gateway", settings)
    with pytest.raises(UnreadableFileError, match=r"nats\.password_file names nowhere"):
        credentials_of(NatsSettings(user="me", password_file="nowhere"))
    with pytest.raises(UnreadableFileError, match=r"nats\.tls_ca_file names nowhere"):
        tls_of(NatsSettings(tls_ca_file="nowhere"))


@pytest.mark.parametrize("name", ["charter.json", "registrar.json"])
def test_a_file_that_is_something_else_is_said_to_be_damaged(settings: Settings, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}")
    with pytest.raises(DamagedFileError, match=name):
        check_files("registrar", settings)


def test_a_password_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hush\n")
    found = credentials_of(NatsSettings(user="me", password_file=str(tmp_path / "password")))

    assert (found.user, found.password) == ("me", "hush")
    assert "hush" not in repr(found)
