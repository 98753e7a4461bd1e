"""Counting: under a rule-set that counts, a member's position on a whole text is its vote.

The tally closes the version, and from then on the state holds the counts alone: the votes are in the record.
"""

from collections import Counter

from tacit.acts import Act, TallyRecorded
from tacit.errors import RefusedError, Rule
from tacit.rules.effects import Effect, TextCounted
from tacit.rules.ruleset import TallyRules
from tacit.rules.state import Body, State, Tally, Text
from tacit.rules.wording import find_open_version, show_reference


def count(rules: TallyRules, body: Body, text: Text) -> Tally:
    """The counts over the members that the body has now; of a closed version those that closed it."""
    if text.tally is not None:
        return text.tally
    votes = Counter(text.positions.get((member, "text")) for member in body.members)
    yes, no, abstain = (sum(votes[stance] for stance in listed) for listed in (rules.yes, rules.no, rules.abstain))
    return Tally(yes, no, abstain)


def admit(state: State, body: Body, act: Act, content: TallyRecorded) -> None:
    """Check a tally: on an open version, by a rule-set that counts, with the counts of its positions.

    Raises:
        RefusedError: `text.*`, `office.not_entitled` or `tally.counts`.
    """
    text, rules = find_open_version(body, act.header.channel, content.version), state.rules.tally
    if text.status == "UNDER_SILENCE":
        raise RefusedError(Rule.TEXT_UNDER_SILENCE, show_reference(text))
    if rules is None:
        raise RefusedError(Rule.NOT_ENTITLED, "this rule-set counts nothing")
    counted = count(rules, body, text)
    if counted != Tally(content.yes, content.no, content.abstain):
        raise RefusedError(Rule.TALLY_COUNTS, f"{counted.yes} yes, {counted.no} no, {counted.abstain} abstaining")


def enact(body: Body, content: TallyRecorded) -> tuple[Effect, ...]:
    """Close the version and let go of its positions."""
    text = body.texts[content.version.text]
    text.status, text.tally = "COUNTED", Tally(content.yes, content.no, content.abstain)
    # A new dict: one that was cleared keeps the room that it had.
    text.positions = {}
    return (TextCounted(text.text, content.yes, content.no, content.abstain),)
