"""The members' witnesses, each in a process of its own with a key, a port and a disk of its own."""

from pathlib import Path
from typing import Final

from tacit.ids import StateCode
from tacit.record.cosignature import NoteSigner
from tacit.record.organisation_log import log_vkeys
from tacit.witness import read_key
from tacit_services.up.organisation import WITNESS_KEY, Organisation
from tests.end_to_end.services_apart import Supervisor
from tests.ports import free_port

SETTINGS: Final = "witness.toml"
RATE: Final = 1_000.0
"""Checkpoints and acts in a second: everybody asks from one address."""


class Delegation:
    """One member's witness."""

    def __init__(self, organisation: Organisation, state: StateCode) -> None:
        self.state = state
        self.folder = organisation.files.witness_folder(state)
        self.disk = self.folder / "disk"
        self.data = self.disk / "data"
        self.signer: NoteSigner = read_key(self.folder / WITNESS_KEY).ed25519
        self._port = free_port()
        self.address = f"http://127.0.0.1:{self._port}"
        self._organisation = organisation
        self.settings = self.folder / SETTINGS

    @property
    def name(self) -> str:
        """How it is called among those that are killed."""
        return f"witness-{self.state}"

    def supervisor(self, log: Path, *, log_url: str = "") -> Supervisor:
        """Write its settings; gives whoever starts it. `log_url`: where it mirrors the log, if it does."""
        keys = ", ".join(f'"{key}"' for key in log_vkeys(self._organisation.organisation, self._organisation.content()))
        mirror = f'url = "{log_url}"\nmirror = true\n' if log_url else ""
        data = self.data.relative_to(self.folder)
        self.settings.write_text(
            f'state = "{self.state}"\nkey = "{WITNESS_KEY}"\ndata = "{data}"\nport = {self._port}\n'
            f"checkpoints_per_s = {RATE}\nattests_per_address_per_s = {RATE}\nattests_per_s = {RATE}\n\n"
            f'[[logs]]\norganisation = "{self._organisation.organisation}"\nkeys = [{keys}]\n{mirror}'
        )
        command = ("-m", "tacit.cli", "witness", "run", self.settings)
        return Supervisor(self.name, log, {}, command)
