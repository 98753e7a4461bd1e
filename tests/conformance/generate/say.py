"""Acts handed in at the end of a record: who says what, and what is bent before it is signed."""

from datetime import timedelta

from msgspec import structs

from tacit import envelope
from tacit.acts import Act, Content
from tacit.compose import Composed, sign
from tacit.signing import Signer
from tacit.testing import OFFICE, World
from tests.conformance.generate.case import Named, case
from tests.conformance.generate.stage import STAGES
from tests.conformance.octets import show
from tests.conformance.vector import ACCEPTED, AdmissionCase


class Stand:
    """A record, and a moment at which something is handed in."""

    def __init__(self, name: str, wait_s: float = 0) -> None:
        self.name = name
        self.world: World = STAGES[name]()
        self.world.wait(wait_s)

    def compose(
        self,
        who: str,
        content: Content,
        *,
        text: bytes | None = None,
        signer: Signer | None = None,
        **header: object,
    ) -> Composed:
        """An act of `state/office` (`XAA` alone means its permanent representative), its header bent as told."""
        state, _, office = who.partition("/")
        author = self.world.author(state, office or OFFICE)
        composed = self.world.compose(author, content, text=text)
        if not header and signer is None:
            return composed
        bent = structs.replace(composed.act.header, **header)
        return sign(Act(bent, content), signer or author.signer)

    def says(
        self,
        clause: str,
        slug: str,
        comment: str,
        who: str,
        content: Content,
        expect: str = ACCEPTED,
        *,
        text: bytes | None = None,
        received_after_s: float = 0,
        signer: Signer | None = None,
        **header: object,
    ) -> Named:
        """A case: this act, handed in now (or a little later), is admitted or refused."""
        composed = self.compose(who, content, text=text, signer=signer, **header)
        return self.hands_in(clause, slug, comment, composed, expect, received_after_s=received_after_s)

    def hands_in(
        self,
        clause: str,
        slug: str,
        comment: str,
        composed: Composed,
        expect: str = ACCEPTED,
        *,
        received_after_s: float = 0,
        before_any: bool = False,
    ) -> Named:
        """A case of a composed act."""
        received = self.world.now + timedelta(seconds=received_after_s)
        raw = show(envelope.encode(composed.envelope))
        return case(clause, slug, comment, AdmissionCase(None if before_any else self.name, received, raw), expect)
