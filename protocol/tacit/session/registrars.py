"""Whose signature a receipt must bear: the registrar's keys, from the charter and from the enrolments since.

Only what the organisation's own root key signed is believed; the gateway is not.
"""

from tacit import acts, envelope
from tacit.acts import CharterDeposited, CredentialEnrolled, CredentialRevoked
from tacit.envelope import Envelope
from tacit.errors import RefusedError, Rule
from tacit.ids import ORGANISATION, ActId, KeyId
from tacit.keys import Keys, Verifier, key_id
from tacit.record import Entry, Leaf, Refusal, open_receipt, open_refusal
from tacit.rules import check_signatures

REGISTRAR = "registrar"


class Registrars:
    """The registrar credentials of one organisation."""

    def __init__(self, organisation: ActId) -> None:
        self.organisation = organisation
        self._root: Verifier | None = None
        self._known: dict[KeyId, Verifier] = {}

    def learn_charter(self, charter: Envelope) -> CharterDeposited:
        """Take the keys that the charter names, and give what it says.

        Its hash is the organisation's id, so anyone may hand it over.

        Raises:
            RefusedError: `header.organisation` if it is not this organisation's charter, or `profile.*`, `key.unsafe`.
        """
        if envelope.act_id(charter.payload) != self.organisation:
            raise RefusedError(Rule.OTHER_ORGANISATION, "the charter has another id")
        content = acts.decode(charter.payload).content
        if not isinstance(content, CharterDeposited):
            raise RefusedError(Rule.CHARTER_CONTENT, acts.tag(content))
        if self._root is None:
            self._root = Verifier(content.root)
            for service in content.services:
                if service.office == REGISTRAR:
                    self._add(service.keys)
        return content

    def _add(self, keys: Keys) -> None:
        # Receipts are signed with the first key of the suite alone.
        self._known[key_id(keys[0])] = Verifier(keys)

    def _drop(self, credential: str | None) -> None:
        self._known = {keyid: each for keyid, each in self._known.items() if each.credential != credential}

    def learn(self, entry: Entry) -> None:
        """Follow the registrar's credential through an entry of the record; entries about anything else are ignored."""
        content = entry.act.content
        if isinstance(content, CredentialEnrolled):
            ours = (content.state, content.office) == (ORGANISATION, REGISTRAR)
            if ours and self._by_root(entry):
                self._drop(content.replaces)
                self._add(content.keys)
        elif isinstance(content, CredentialRevoked) and self._by_root(entry):
            self._drop(content.credential)

    def _by_root(self, entry: Entry) -> bool:
        if self._root is None or entry.act.header.organisation != self.organisation:
            return False
        try:
            check_signatures((self._root,), entry.envelope)
        except RefusedError:
            return False
        return True

    def open_receipt(self, receipt: Envelope) -> Leaf:
        """The leaf of a receipt that a registrar of this organisation signed.

        Raises:
            RefusedError: `signature.*`, `profile.*`, `envelope.payload_type` or `header.organisation`.
        """
        leaf = open_receipt(envelope.encode(receipt), self._signer_of(receipt))
        if leaf.organisation != self.organisation:
            raise RefusedError(Rule.OTHER_ORGANISATION, leaf.organisation)
        return leaf

    def open_refusal(self, refusal: Envelope) -> Refusal:
        """The refusal that a registrar of this organisation signed.

        Raises:
            RefusedError: `signature.*`, `profile.*`, `envelope.payload_type` or `header.organisation`.
        """
        opened = open_refusal(envelope.encode(refusal), self._signer_of(refusal))
        if opened.organisation != self.organisation:
            raise RefusedError(Rule.OTHER_ORGANISATION, opened.organisation)
        return opened

    def _signer_of(self, answer: Envelope) -> Verifier:
        keyid = answer.signatures[0].keyid
        found = self._known.get(keyid)
        if found is None:
            raise RefusedError(Rule.SIGNATURE_KEY, f"{keyid} is not a key of the registrar")
        return found
