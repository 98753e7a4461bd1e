"""Referrals: what has gone takes no more acts, what goes on remembers where it came from, whatever else is said."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from tacit.acts import (
    ConsultationRequested,
    Content,
    ItemReferred,
    ItemTakenUp,
    PositionDeclared,
    QuestionPut,
    ReferenceAllotted,
    ReferredText,
    RevisionIssued,
    TextCirculated,
    Version,
)
from tacit.ids import ORGANISATION
from tacit.rules.state import Text
from tacit.testing import COUNCIL, EAST, OFFICE, World
from tests.property import plays

PLAYS = settings(max_examples=max(20, settings.default.max_examples // 4) if settings.default else 20)
BODIES = (COUNCIL, plays.COMMITTEE)
Move = tuple[str, str, Content]


def moves(world: World) -> list[Move]:
    """What could be said next about what there is, in the body in which the world speaks."""
    room, other = plays.room(world), next(body for body in BODIES if body != world.place[0])
    number = f"CC-M(2026){1_000 + len(room.references):04d}"
    free = [reference for reference, text in room.references.items() if text is None]
    found: list[Move] = [
        (ORGANISATION, "secretariat", ReferenceAllotted(reference=number, subject="Draft")),
        ("XAA", OFFICE, ConsultationRequested(basis="Article 4", threatened=(), subject="Overflights")),
    ]
    found += [
        (ORGANISATION, "secretariat", TextCirculated(reference=reference, title="Draft", paragraphs=2))
        for reference in free
    ]
    for text in room.texts.values():
        version = Version(text.text, text.wording)
        revised = RevisionIssued(supersedes=text.text, revision=text.revision + 1, paragraphs=2, reason="")
        joins = PositionDeclared(version=version, scope="text", stance="JOINS", condition="", statement="")
        found += [
            (ORGANISATION, "secretariat", revised),
            (ORGANISATION, "chair", QuestionPut(version=version, window_s=0)),
            (ORGANISATION, "chair", ItemReferred(item=text.text, to=other, reason="")),
            ("XAA", OFFICE, joins),
        ]
    items = [*room.questions, *room.consultations]
    found += [(ORGANISATION, "chair", ItemReferred(item=item, to=other, reason="")) for item in items]
    return found + [(ORGANISATION, "secretariat", taken) for taken in waiting(world, other)]


def waiting(world: World, source: str) -> list[ItemTakenUp]:
    """The versions that the other body has referred here."""
    texts, found = world.state.bodies[source].texts, []
    for entry in world.entries:
        content = entry.act.content
        if isinstance(content, ItemReferred) and entry.act.header.body == source and content.item in texts:
            text = carried(texts[content.item])
            found.append(ItemTakenUp(source=source, referral=entry.leaf.act, text=text, consultation=None))
    return found


def carried(text: Text) -> ReferredText:
    return ReferredText(
        version=Version(text.text, text.wording),
        reference=text.reference,
        revision=text.revision,
        title=text.title,
    )


def play(data: DataObject) -> World:
    world = plays.begin()
    for _ in range(data.draw(st.integers(5, 25))):
        world.place = (data.draw(st.sampled_from(BODIES)), EAST)
        state, office, content = data.draw(st.sampled_from(moves(world)))
        references = tuple(plays.room(world).items)[-1:]
        composed = world.compose(world.author(state, office), content, text=plays.TEXT, references=references)
        plays.try_to_record(world, composed)
    return world


@PLAYS
@given(data=st.data())
def test_nothing_is_said_about_what_has_gone(data: DataObject) -> None:
    world = play(data)
    gone: set[str] = set()
    for entry in world.entries:
        content, room = entry.act.content, world.state.bodies.get(entry.act.header.body or "")
        about = getattr(getattr(content, "version", None), "text", None) or getattr(content, "supersedes", None)
        assert about not in gone
        if isinstance(content, ItemReferred) and room is not None:
            item = room.questions.get(content.item, content.item)
            assert item not in gone
            gone.add(item)
            status = room.texts[item].status if item in room.texts else room.consultations[item].status
            assert "REFERRED" == status
    texts = [text.status for body in world.state.bodies.values() for text in body.texts.values()]
    asked = [each.status for body in world.state.bodies.values() for each in body.consultations.values()]
    assert len(gone) == texts.count("REFERRED") + asked.count("REFERRED")


@PLAYS
@given(data=st.data())
def test_what_goes_on_names_the_item_that_its_own_body_took_up(data: DataObject) -> None:
    world = play(data)
    for body in world.state.bodies.values():
        for text in body.texts.values():
            if text.lineage is not None:
                item = body.items[text.lineage]
                assert body.body != item.source
                assert item.channel == text.channel
                assert "REFERRED" == world.state.bodies[item.source].texts[item.item].status
        for entry in world.entries:
            content = entry.act.content
            if isinstance(content, RevisionIssued) and content.supersedes in body.texts:
                assert body.texts[content.supersedes].lineage == body.texts[entry.leaf.act].lineage
        assert len({item.referral for item in body.items.values()}) == len(body.items)
