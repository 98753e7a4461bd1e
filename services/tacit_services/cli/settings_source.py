"""A file of settings as a source: the record on the servers that it names, where services run apart."""

from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from tacit.cli.source import SETTINGS_SUFFIX, Source, UnreadableError
from tacit_services.cli.store_source import NAME, reading
from tacit_services.run.named_files import credentials_of, organisation_of
from tacit_services.run.settings import Settings
from tacit_services.run.tls import tls_of
from tacit_services.shell.config import load
from tacit_services.shell.errors import OperatorError
from tacit_services.shell.event_store.organisation import OrganisationStreams
from tacit_services.shell.nats_connection import connect


def open_settings(path: Path) -> AbstractContextManager[Source] | None:
    """Open the record of the organisation and the servers in a file of settings, or None if it is no such file.

    Raises:
        UnreadableError: (also out of the block) with a sentence and the remedy.
    """
    if path.suffix != SETTINGS_SUFFIX or not path.is_file():
        return None
    try:
        settings = load(Settings, path).settings
        nats, organisation = settings.nats, organisation_of(NAME, settings)
        connecting = partial(connect, nats.urls, credentials_of(nats), NAME, tls_of(nats))
    except OperatorError as error:
        raise UnreadableError(str(error)) from error
    return reading(connecting, OrganisationStreams(organisation, nats.replicas))
