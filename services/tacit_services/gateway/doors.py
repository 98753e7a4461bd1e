"""Who is inside: how many connections, of which credentials, and how all or some of them are told to end."""

from typing import Protocol

from tacit.acts import CredentialEnrolled, CredentialRevoked
from tacit.ids import CredentialId
from tacit.record import Entry
from tacit.rules import Effect
from tacit.rules.effects import EntryVoid
from tacit.session.frames import GoodbyeReason


class Guest(Protocol):
    """An open connection."""

    def end(self, reason: GoodbyeReason) -> None:
        """Say goodbye for this reason and close, soon. May be called more than once."""
        ...


class Doors:
    """Counts connections and keeps those that have signed in by their credential."""

    def __init__(self, connections_max: int, per_credential_max: int) -> None:
        self._connections_max = connections_max
        self._per_credential_max = per_credential_max
        self._open: set[Guest] = set()
        self._by_credential: dict[CredentialId, set[Guest]] = {}
        self._closed = False

    @property
    def are_full(self) -> bool:
        """Whether no further connection can be taken."""
        return self._closed or len(self._open) >= self._connections_max

    def enter(self, guest: Guest) -> None:
        """Count a connection; `leave` must follow."""
        self._open.add(guest)

    def identify(self, guest: Guest, credential: CredentialId) -> bool:
        """Note who a guest is; False if this credential has too many connections already."""
        known = self._by_credential.setdefault(credential, set())
        if len(known) >= self._per_credential_max:
            return False
        known.add(guest)
        return True

    def leave(self, guest: Guest, credential: CredentialId | None) -> None:
        """Forget a connection that is over."""
        self._open.discard(guest)
        known = self._by_credential.get(credential or "")
        if known is not None:
            known.discard(guest)
            if not known:
                del self._by_credential[credential or ""]

    def watch(self, _index: int, entry: Entry | None, effects: tuple[Effect, ...]) -> None:
        """End the connections of a credential that an entry revoked or replaced."""
        if entry is None or any(isinstance(effect, EntryVoid) for effect in effects):
            return
        content = entry.act.content
        gone = None
        if isinstance(content, CredentialRevoked):
            gone = content.credential
        elif isinstance(content, CredentialEnrolled):
            gone = content.replaces
        for guest in tuple(self._by_credential.get(gone or "", ())):
            guest.end("credential_revoked")

    def close(self) -> int:
        """Take nobody in any more and say goodbye to all; how many there are."""
        self._closed = True
        for guest in tuple(self._open):
            guest.end("going_away")
        return len(self._open)
