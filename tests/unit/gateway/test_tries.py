"""Tries to sign in, by address: those that lead to a sign-in do not count, and nothing grows without bound."""

import pytest

from tacit_services.gateway.tries import Tries, network


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def tries(clock: Clock, burst: int = 2, addresses_max: int = 3) -> Tries:
    return Tries(per_s=0.5, burst=burst, addresses_max=addresses_max, now_s=clock)


def test_an_address_has_its_burst_and_then_so_many_a_second() -> None:
    clock = Clock()
    held = tries(clock)

    assert [True, True, False] == [held.take("192.0.2.1") for _ in range(3)]
    clock.now_s = 2.0
    assert [True, False] == [held.take("192.0.2.1") for _ in range(2)]


def test_one_address_takes_nothing_from_another() -> None:
    held = tries(Clock(), burst=1)

    assert [True, True, False] == [held.take(each) for each in ("192.0.2.1", "192.0.2.2", "192.0.2.1")]


def test_a_try_that_led_to_a_sign_in_is_given_back() -> None:
    held = tries(Clock(), burst=1)
    for _ in range(10):
        assert held.take("192.0.2.1")
        held.give_back("192.0.2.1")
    held.give_back("192.0.2.1")

    assert [True, False] == [held.take("192.0.2.1") for _ in range(2)]


def test_what_is_remembered_is_bounded_and_the_oldest_goes_first() -> None:
    held = tries(Clock(), burst=1, addresses_max=2)
    for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3"):
        held.take(address)

    assert len(held) == 2
    assert [False, True] == [held.take("192.0.2.3"), held.take("192.0.2.1")]


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
        ("a-socket", "a-socket"),
    ],
)
def test_an_ipv6_network_counts_as_one_address(address: str, counted: str) -> None:
    assert counted == network(address)
