"""The keys of a sandbox: fresh ones for whoever had any, in the place of the credential that signed in the original."""

from typing import Protocol

from tacit.errors import RefusedError, Rule
from tacit.ids import CredentialId, OfficeName, StateCode, Suite
from tacit.keys import ALGORITHMS
from tacit.record.log_signing import LogSigner
from tacit.signing import SEED_BYTES, Signer
from tacit_services.ports import Entropy
from tacit_services.shell.organisation_files import KeyFile, LogKeyFile


class KeyStore(Protocol):
    """Where keys are kept, as `OrganisationFiles` does."""

    def signer(self, state: StateCode, office: OfficeName) -> Signer | None:
        """The keys under this name, None if there are none."""
        ...

    def write_keys(self, state: StateCode, office: OfficeName, keys: KeyFile) -> None:
        """Keep keys under this name, durable before they are used."""
        ...

    def log_signer(self) -> LogSigner | None:
        """The keys of the log, None if there are none."""
        ...

    def write_log_keys(self, keys: LogKeyFile) -> None:
        """Keep the keys of the log, durable before they are used."""
        ...


class Keyring:
    """Makes keys where there are none and keeps them in the data folder, so that a play can be taken up again."""

    def __init__(self, store: KeyStore, entropy: Entropy) -> None:
        self._store = store
        self._entropy = entropy
        self._suite: Suite = "ed25519"
        self._held: dict[CredentialId, Signer] = {}
        self._issued: dict[tuple[StateCode, OfficeName], int] = {}

    def use(self, suite: Suite) -> None:
        """From now on keys are of this suite."""
        self._suite = suite

    def of(self, credential: CredentialId) -> Signer:
        """The keys that stand for a credential of the original.

        Raises:
            RefusedError: `credential.unknown`: it was never given any here.
        """
        found = self._held.get(credential)
        if found is None:
            raise RefusedError(Rule.CREDENTIAL_UNKNOWN, credential)
        return found

    def issue(self, credential: CredentialId, state: StateCode, office: OfficeName) -> Signer:
        """Give a credential of the original its keys here; the same ones each time, and in each later run."""
        if credential not in self._held:
            number = self._issued[state, office] = self._issued.get((state, office), 0) + 1
            self._held[credential] = self._open(state, office if number == 1 else f"{office}.{number}")
        return self._held[credential]

    def log(self) -> LogSigner:
        """The keys of the sandbox's own log, the same in each later run: they sign checkpoints and no act."""
        held = self._store.log_signer()
        if held is None:
            keys = LogKeyFile("log", (self._entropy(SEED_BYTES), self._entropy(SEED_BYTES)))
            self._store.write_log_keys(keys)
            held = LogSigner(*keys.seeds)
        return held

    def _open(self, state: StateCode, name: str) -> Signer:
        held = self._store.signer(state, name)
        if held is not None:
            return held
        keys = KeyFile(self._suite, tuple(self._entropy(SEED_BYTES) for _ in ALGORITHMS[self._suite]))
        self._store.write_keys(state, name, keys)
        return Signer(keys.suite, keys.seeds)
