"""Putting an export on the record, by the office that made it."""

from typing import Final, Literal

from tacit.acts import ExportRecorded
from tacit.compose import Author, Window, compose, next_link
from tacit.errors import RefusedError, Rule
from tacit.ids import Digest
from tacit.record import Leaf
from tacit.rules import State
from tacit_services.export.choosing import About, Format
from tacit_services.export.reading import ExportError, Reading
from tacit_services.ports import Clock
from tacit_services.up.organisation import WINDOW
from tacit_services.up.recording import SubmittingRecorder

TRIES_MAX: Final = 5
"""How often another act of the same office may come in between reading its chain and the record of the export."""
_NAMES: Final[dict[Format, Literal["HTML", "CSV", "JSONL"]]] = {"html": "HTML", "csv": "CSV", "jsonl": "JSONL"}


class Recording:
    """Has an export recorded by an office, after whatever else that office says meanwhile."""

    def __init__(self, reading: Reading, author: Author, recorder: SubmittingRecorder, clock: Clock) -> None:
        self._reading = reading
        self._author = author
        self._recorder = recorder
        self._clock = clock

    async def record(self, about: About, format_: Format, sha256: Digest) -> Leaf:
        """Return the leaf of the act once it is durable. Raises RefusedError, NoAnswerError, ExportError."""
        content = ExportRecorded(
            first=about.first, last=about.last, format=_NAMES[format_], sha256=sha256, withheld=about.withheld
        )
        place = (about.body, about.channel)
        for _ in range(TRIES_MAX):
            now = self._clock.now()
            link = next_link(self._reading.mirror.state, self._author, place)
            composed = compose(self._author, content, place, link, Window(now, now + WINDOW))
            try:
                return await self._recorder.record(composed)
            except RefusedError as error:
                if error.rule == Rule.NOT_ENTITLED:
                    raise _unknown(self._reading.mirror.state, self._author) from error
                if not error.rule.startswith("chain."):
                    raise
            await self._reading.finish()
        raise ExportError(f"{about.recorded_by} says too much meanwhile: the export was not recorded, so try again.")


def _unknown(state: State, author: Author) -> ExportError:
    rules = state.rules
    if "export.recorded.v1" not in rules.who:
        named = f"{state.charter.ruleset.name} version {state.charter.ruleset.version}" if state.charter else ""
        return ExportError(f"The rule-set {named} has no act that records an export, so nothing is exported.")
    return ExportError(f"{author.state}/{author.office} may not record an export: name another office with --as.")
