"""Which proxies a list names, and which lists refuse to start."""

from ipaddress import ip_address, ip_network

import pytest

from yunqian.problems import Problem, Refused
from yunqian.server.settings import proxies

pytestmark = pytest.mark.usefixtures("no_database")


def test_nothing_is_trusted_by_default():
    assert proxies.parse("") == proxies.parse(" , ") == ()


def test_addresses_and_networks_of_both_kinds_are_read():
    read = proxies.parse("10.0.0.9, 192.0.2.0/24,2001:db8::5 ,fd00::/8")
    assert read == tuple(map(ip_network, ("10.0.0.9/32", "192.0.2.0/24", "2001:db8::5/128", "fd00::/8")))


def test_a_mapped_address_is_the_one_inside():
    read = proxies.parse("::ffff:10.0.0.9,::ffff:10.0.0.0/104")
    assert read == (ip_network("10.0.0.9/32"), ip_network("10.0.0.0/8"))
    assert proxies.plain(ip_address("::ffff:10.0.0.9")) == ip_address("10.0.0.9")
    assert proxies.plain(ip_address("2001:db8::5")) == ip_address("2001:db8::5")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("*", "neither"),
        ("localhost", "neither"),
        ("10.0.0.1/8", "neither"),
        ("10.0.0.0/33", "neither"),
        ("10.0.0.1;10.0.0.2", "neither"),
        ("010.0.0.1", "neither"),
        ("fd00::1/8", "neither"),
        ("0.0.0.0/0", "every address"),
        ("::/0", "every address"),
        ("::ffff:0:0/96", "every address"),
    ],
)
def test_anything_else_refuses_with_the_reason(text, reason):
    with pytest.raises(Refused) as caught:
        proxies.parse(f"10.0.0.9,{text}")
    assert caught.value.problem is Problem.CONFIG_INSECURE
    assert reason in str(caught.value.facts["detail"])
    assert "YUNQIAN_TRUSTED_PROXIES" in str(caught.value.facts["detail"])
