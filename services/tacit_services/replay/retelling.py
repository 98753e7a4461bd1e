"""An act of the original, said again in the sandbox: the same words and times, other keys, ids, chain and organisation.

Told again, a record gives the same acts each time: so a play that was interrupted can be recognised and taken up.
"""

import re
from collections.abc import Iterator
from typing import Final

from msgspec import structs

from tacit import acts
from tacit.acts import Act, CharterAccepted, CharterDeposited, Content, CredentialEnrolled, Founder, Header
from tacit.acts.founding import ServiceCredential
from tacit.compose import Composed, Link, sign
from tacit.detached import Detached
from tacit.founding import enrolment
from tacit.ids import NO_ACT, NOTARY, ORGANISATION, ROOT, ActId, Digest
from tacit.keys import fingerprint
from tacit.limits import DETACHED_BYTES_MAX, TITLE_CHARS_MAX
from tacit.record import Entry
from tacit.rules import State
from tacit.signing import Signer
from tacit.subjects import tag
from tacit_services.replay.keyring import Keyring
from tacit_services.replay.span import Span

ID: Final = re.compile(rb'"([0-9a-f]{64})"')
FILLER: Final = "Filler: the record that is re-enacted was read without this text."


class Retelling:
    """Says acts again, in order, and remembers which id here stands for which one there."""

    def __init__(self, keyring: Keyring, span: Span) -> None:
        self._keyring = keyring
        self._span = span
        self.ids: dict[str, str] = {}
        """Of acts, credentials, the organisation and wordings: there to here."""
        self._recorded: set[ActId] = set()

    def retell(self, entry: Entry, state: State, body: Detached | None) -> Composed:
        """The act, signed for the sandbox whose record has come to `state`; `body` is its text here, if it has one.

        Raises:
            RefusedError: `credential.unknown`: its author's or releaser's enrolment was not played.
        """
        header, content = entry.act.header, entry.act.content
        author = self._author(entry)
        releaser = self._keyring.of(header.releaser) if header.releaser else None
        self.ids[header.credential] = author.credential
        if releaser is not None and header.releaser is not None:
            self.ids[header.releaser] = releaser.credential
        if body is not None and header.detached is not None:
            self.ids[header.detached] = body.digest()
        said = acts.decode(ID.sub(self._here, entry.envelope.payload))
        new = self._content(content, entry, author) or said.content
        link = _link(state, said.header, author)
        told = structs.replace(
            said.header,
            number=link.number,
            previous=link.previous,
            # The checkpoints of the original say nothing about this record.
            seen=None,
            references=tuple(each for each in said.header.references if each in self._recorded),
        )
        composed = sign(Act(told, new), author, releaser)
        if isinstance(content, CharterDeposited):
            self.ids[entry.leaf.act] = composed.act_id
        return composed

    def told(self, entry: Entry, act: ActId) -> None:
        """The act is recorded here, as `act`."""
        self.ids[entry.leaf.act] = act
        self._recorded.add(act)

    def _here(self, found: re.Match[bytes]) -> bytes:
        return b'"%s"' % self.ids.get(found[1].decode(), found[1].decode()).encode()

    def _author(self, entry: Entry) -> Signer:
        header, content = entry.act.header, entry.act.content
        if isinstance(content, CharterDeposited):
            self._keyring.use(content.suite)
            return self._keyring.issue(header.credential, ORGANISATION, ROOT)
        return self._keyring.of(header.credential)

    def _content(self, content: Content, entry: Entry, author: Signer) -> Content | None:
        """What carries keys, with those of the sandbox; None for everything else."""
        header = entry.act.header
        if isinstance(content, CharterDeposited):
            return self._charter(content, entry, author)
        here = self.ids.get(header.organisation, header.organisation)
        if isinstance(content, CharterAccepted):
            return CharterAccepted(root=author.keys, possession=author.prove(here, header.state, ROOT))
        if not isinstance(content, CredentialEnrolled):
            return None
        old = fingerprint(content.keys)
        signer = self._keyring.issue(old, content.state, content.office)
        self.ids[old] = signer.credential
        replaces = self.ids.get(content.replaces, content.replaces) if content.replaces else None
        return enrolment(here, content.state, content.office, signer, replaces)

    def _charter(self, content: CharterDeposited, entry: Entry, root: Signer) -> CharterDeposited:
        span = self._span
        where = f"entries {span.first} to {span.last}" + (f", channel {span.channel}" if span.channel else "")
        name = f"RE-ENACTMENT of record {tag(entry.leaf.act)}, {where}: {content.name}"
        return structs.replace(
            content,
            name=name[:TITLE_CHARS_MAX],
            purpose="exercise",
            root=root.keys,
            founders=tuple(self._founders(content)),
            services=tuple(self._services(content)),
            # Those who watch the original do not watch this.
            witnesses=(),
            quorum=0,
        )

    def _founders(self, content: CharterDeposited) -> Iterator[Founder]:
        for founder in content.founders:
            signer = self._keyring.issue(founder.root, founder.state, ROOT)
            self.ids[founder.root] = signer.credential
            yield Founder(founder.state, signer.credential)

    def _services(self, content: CharterDeposited) -> Iterator[ServiceCredential]:
        for service in content.services:
            old = fingerprint(service.keys)
            is_log = service.office == NOTARY
            signer = self._keyring.log() if is_log else self._keyring.issue(old, ORGANISATION, service.office)
            self.ids[old] = signer.credential
            yield ServiceCredential(service.office, signer.keys, signer.prove(NO_ACT, ORGANISATION, service.office))


def paragraphs(content: Content) -> int:
    """How many paragraphs the text of an act has, as the act says."""
    return int(getattr(content, "paragraphs", 1))


def filler(digest: Digest, count: int) -> Detached:
    """A text in the place of one that is not at hand: marked, with as many paragraphs.

    How long the text was is not in the record: only its hash is.
    """
    lines = FILLER if count == 1 else "\n".join(f"{number}. {FILLER}" for number in range(1, count + 1))
    # The salt hides nothing, since this text is no secret: it has to be another one for each text, and the same again.
    return Detached(bytes.fromhex(digest), lines.encode()[:DETACHED_BYTES_MAX])


def _link(state: State, header: Header, author: Signer) -> Link:
    chain = state.chains.get((author.credential, header.body, header.channel))
    if chain is not None:
        return Link(chain.number + 1, chain.head)
    held = state.credentials.get(author.credential)
    return Link(1, held.enrolled_by if held is not None else state.organisation or NO_ACT)
