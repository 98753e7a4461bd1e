"""What views and a state say of the same record, in one form, so that a test can hold one against the other."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from tacit.rules import State, apply_bytes, catalogue, genesis
from tacit.rules.state import Acknowledgement, Body, Silence
from tacit_services.projector import VIEWS, Projection, Track, View
from tacit_services.shell.view_store import ViewFile
from tacit_services.views import Question, Value

Shown = dict[str, list[tuple[object, ...]]]

COLUMNS = {
    "channels": ("body", "channel", "title", "kind", "level", "unacknowledged"),
    "texts": (
        "text", "channel", "reference", "revision", "title", "wording", "paragraphs", "status", "question",
        "closes_at", "perceived", "silence", "decision", "lineage",
    ),
    "positions": ("text", "state", "scope", "stance"),
    "silences": (
        "silence", "channel", "text", "status", "deadline", "zone", "shown", "jeopardised", "broken_by", "late",
        "asking", "evidence", "passed_by",
    ),
    "consultations": (
        "consultation", "channel", "basis", "subject", "invoking", "threatened", "status", "outcome",
    ),
    "rosters": ("roster", "title", "state", "member"),
    "acknowledgements": (
        "request", "channel", "act", "kind", "deadline", "zone", "shown", "status", "missing", "late",
    ),
}  # fmt: skip


def built(
    organisation: str, entries: Iterable[bytes], views: Sequence[View] = VIEWS, path: str = ":memory:"
) -> ViewFile:
    """Views of a record, built from nothing and live."""
    file = ViewFile(path, organisation)
    projection = Projection(genesis(catalogue()), [Track.of(view, file.begin(view.table)) for view in views])
    for raw in entries:
        projection.take(raw)
    file.write(projection.due())
    projection.settle()
    for track in projection.tracks:
        file.swap(track.name, track.generation)
    return file


def seen_in(file: ViewFile, as_of: int | datetime | None) -> Shown:
    """What the views show as of a time."""
    return {name: _sorted(_rows(file, name, columns, as_of)) for name, columns in COLUMNS.items()}


def _rows(
    file: ViewFile, name: str, columns: tuple[str, ...], as_of: int | datetime | None
) -> Iterable[tuple[Value, ...]]:
    page = file.select(Question(name, as_of=as_of))
    assert not page.more
    return [tuple(held.values[column] for column in columns) for held in page.rows]


def folded(entries: Iterable[bytes]) -> State:
    """The state that the rules make of some entries."""
    state = genesis(catalogue())
    for raw in entries:
        apply_bytes(state, raw)
    return state


def seen_of(state: State) -> Shown:
    """What a state shows."""
    bodies = list(state.bodies.values())
    texts = [text for body in bodies for text in body.texts.values()]
    asked = [each for body in bodies for each in body.consultations.values()]
    return {
        "channels": _sorted(
            (body.body, each.channel, each.title, each.kind, each.level, _owing(body, each.channel))
            for body in bodies
            for each in body.channels.values()
        ),
        "texts": _sorted(
            (
                each.text, each.channel, each.reference, each.revision, each.title, each.wording, each.paragraphs,
                each.status, *_question(each.question), each.silence, each.decision, each.lineage,
            )
            for each in texts
        ),
        "positions": _sorted(
            (text.text, member, scope, stance) for text in texts for (member, scope), stance in text.positions.items()
        ),
        "silences": _sorted(_silence(each) for body in bodies for each in body.silences.values()),
        "consultations": _sorted(
            (
                each.consultation, each.channel, each.basis, each.subject, tuple(each.invoking),
                tuple(each.threatened), each.status, each.outcome,
            )
            for each in asked
        ),
        "rosters": _sorted(
            (body.body, body.title, state, state in body.members)
            for body in bodies
            for state in (*body.members, *body.removed)
        ),
        "acknowledgements": _sorted(
            _acknowledgement(each) for body in bodies for each in body.acknowledgements.values()
        ),
    }  # fmt: skip


def _question(question: object) -> tuple[object, object, object]:
    found = [getattr(question, name, None) for name in ("question", "closes_at", "perceived")]
    return (found[0], found[1], found[2])


def _silence(each: Silence) -> tuple[object, ...]:
    deadline = each.deadline
    return (
        each.silence, each.channel, each.text, each.status, deadline.at, deadline.zone, deadline.shown,
        each.jeopardised, tuple(each.breakers), tuple(each.late), tuple(each.requests.values()),
        tuple(each.evidence.values()), each.passed_by,
    )  # fmt: skip


def _owing(body: Body, channel: str) -> tuple[str, ...]:
    """Who owes a receipt, by the state alone."""
    asked = [each for each in body.acknowledgements.values() if each.channel == channel]
    return tuple(
        member for member in body.members if any(member in each.missing and member not in each.late for each in asked)
    )


def _acknowledgement(each: Acknowledgement) -> tuple[object, ...]:
    deadline = each.deadline
    return (
        each.request, each.channel, each.act, each.kind, deadline.at, deadline.zone, deadline.shown, each.status,
        tuple(each.missing), tuple(each.late),
    )  # fmt: skip


def _sorted(rows: Iterable[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return sorted(rows, key=repr)
