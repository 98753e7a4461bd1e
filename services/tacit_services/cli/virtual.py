"""An exercise in memory and in virtual time: what `tacit scenario run` plays on. No server, no file, no waiting.

The record, the registrar's part and the timekeeper's part are played by the same rules as everywhere else; only the
store is missing, and the clock is a number.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from tacit import acts, envelope
from tacit.acts import (
    Content,
    FoundingBody,
    OfficeAccredited,
    RegistrarTerm,
)
from tacit.compose import Author, Composed, Link, Window, compose
from tacit.detached import Detached, check_detached
from tacit.envelope import Envelope
from tacit.founding import Plan, compose_acceptance, compose_charter, enrolment
from tacit.ids import ORGANISATION, ROOT, ActId, BodyId, OfficeName, StateCode
from tacit.record import Entry, Leaf
from tacit.rules import (
    State,
    Verifiers,
    admit,
    apply,
    catalogue,
    check_signatures,
    enact,
    genesis,
    packaged,
    signing_keys,
)
from tacit.signing import SEED_BYTES, Signer
from tacit_services.scenario import COMMITTING_OFFICE
from tacit_services.timekeeper import next_due, sign_due

SERVICES: Final = ("chair", "secretariat", "registrar", "timekeeper")
VALIDITY: Final = timedelta(minutes=10)


class VirtualExercise:
    """A founded organisation with one body, every key at hand, and the desk of everybody in it."""

    def __init__(
        self,
        body: BodyId,
        members: tuple[StateCode, ...],
        start: datetime,
        entropy: Callable[[int], bytes],
    ) -> None:
        """Found it at `start`: afterwards every member can speak, and no channel is open."""
        self._now = start
        self._entropy = entropy
        self._signers: dict[tuple[StateCode, OfficeName], Signer] = {}
        self._verifiers = Verifiers()
        self._state = genesis(catalogue())
        self.entries: list[Entry] = []
        self._found(body, members)

    def author(self, state: StateCode, office: OfficeName) -> Author:
        """An office with its keys, which are made when it is first asked for."""
        return Author(self._organisation, state, office, self._signer(state, office))

    def now(self) -> datetime:
        """The virtual time."""
        return self._now

    async def sleep_until(self, instant: datetime) -> None:
        """Let time pass, and let the timekeeper say what falls due by then."""
        while (due := next_due(self._state)) is not None and due.at <= instant:
            self._keep_time()
        self._now = max(self._now, instant)

    async def submit(self, author: Author, envelope: Envelope, detached: Detached | None) -> Leaf:
        """Do as gateway and registrar do: read, verify, admit, record.

        Raises:
            RefusedError: the rule that the act breaks.
        """
        assert author.signer is self._signers[author.state, author.office], "an office has one desk"
        return self._record(envelope, detached).leaf

    async def entry(self, index: int) -> Entry:
        """The entry at an index; time passes until there is one.

        Raises:
            TimeoutError: nothing is due any more, so no entry is coming.
        """
        while index >= len(self.entries):
            if next_due(self._state) is None:
                raise TimeoutError
            self._keep_time()
        return self.entries[index]

    def fold(self) -> State:
        """The state of the record so far, folded anew."""
        state = genesis(catalogue())
        for entry in self.entries:
            apply(state, entry)
        return state

    @property
    def _organisation(self) -> ActId:
        return self.entries[0].leaf.act

    def _keep_time(self) -> None:
        due = next_due(self._state)
        if due is not None:
            self._now = max(self._now, due.at)
            author = self.author(ORGANISATION, "timekeeper")
            self._record(sign_due(self._state, author, due, self._now).envelope, None)

    def _record(self, signed: Envelope, detached: Detached | None) -> Entry:
        act = acts.decode(signed.payload)
        check_detached(act.header.detached, detached)
        check_signatures(signing_keys(self._state, act, self._verifiers), signed)
        act_id = envelope.act_id(signed.payload)
        admit(self._state, act, act_id, self._now)
        entry = Entry(self._leaf(act, act_id, signed), signed, act)
        enact(self._state, act, entry.leaf)
        self.entries.append(entry)
        return entry

    def _leaf(self, act: acts.Act, act_id: ActId, signed: Envelope) -> Leaf:
        state: State = self._state
        term = act.content.term if isinstance(act.content, RegistrarTerm) else state.term
        sealed = envelope.digest(envelope.encode(signed))
        return Leaf(1, state.organisation or act_id, state.size, term, self._now, act_id, sealed)

    def _signer(self, state: StateCode, office: OfficeName) -> Signer:
        if (state, office) not in self._signers:
            self._signers[state, office] = Signer("ed25519", (self._entropy(SEED_BYTES),))
        return self._signers[state, office]

    def _found(self, body: BodyId, members: tuple[StateCode, ...]) -> None:
        roots = {state: self._signer(state, ROOT) for state in members}
        services = {office: self._signer(ORGANISATION, office) for office in SERVICES}
        council = FoundingBody(body, body.capitalize(), members)
        plan = Plan(name="Exercise in virtual time", exercise=True, ruleset=packaged("nato-like-2"), bodies=(council,))
        root = self._signer(ORGANISATION, ROOT)
        self._hand_in(compose_charter(plan, root, services, roots, self._window()))
        self._say(ORGANISATION, "registrar", RegistrarTerm(term=1, unavailable_since=None, reason="founding"))
        for state, signer in roots.items():
            self._hand_in(compose_acceptance(self._organisation, state, signer, self._window()))
        for state in members:
            self._seat(state)

    def _seat(self, state: StateCode) -> None:
        office = COMMITTING_OFFICE
        accredited = OfficeAccredited(state=state, office=office, title="Permanent Representative", commits=True)
        self._say(ORGANISATION, "secretariat", accredited)
        self._say(state, ROOT, enrolment(self._organisation, state, office, self._signer(state, office)))

    def _say(self, state: StateCode, office: OfficeName, content: Content) -> None:
        author = self.author(state, office)
        credential = author.signer.credential
        chain = self._state.chains.get((credential, None, None))
        enrolled_by = self._state.credentials[credential].enrolled_by
        link = Link(chain.number + 1, chain.head) if chain else Link(1, enrolled_by)
        self._hand_in(compose(author, content, None, link, self._window()))

    def _hand_in(self, composed: Composed) -> None:
        self._record(composed.envelope, None)

    def _window(self) -> Window:
        return Window(self._now, self._now + VALIDITY)
