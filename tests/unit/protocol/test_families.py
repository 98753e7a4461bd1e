"""Every act has rules, and exactly one set of them."""

from tacit.acts import CharterAccepted, CharterDeposited, Content, RegistryContent, RosterContent
from tacit.rules.families import IN_A_BODY, ON_THE_REGISTER


def test_every_act_of_the_vocabulary_is_judged_by_one_family() -> None:
    assert set(Content.__args__) == {*ON_THE_REGISTER, *IN_A_BODY}
    assert not set(ON_THE_REGISTER) & set(IN_A_BODY)


def test_what_every_member_sees_is_on_the_register() -> None:
    register = {CharterDeposited, CharterAccepted, *RegistryContent.__args__, *RosterContent.__args__}

    assert register == set(ON_THE_REGISTER)
