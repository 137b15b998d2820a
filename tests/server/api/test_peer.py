"""Whose word about the client's address is believed, and how far."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunqian.server.api import peer
from yunqian.server.settings import proxies

pytestmark = pytest.mark.usefixtures("no_database")
TRUSTED = proxies.parse("10.0.0.0/8,fd00::/8")


@pytest.mark.parametrize(
    ("peer_address", "forwarded", "expected"),
    [
        ("10.0.0.9", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.9", "198.51.100.1, 203.0.113.7", "203.0.113.7"),  # the left one came with the request
        ("10.0.0.9", "203.0.113.7, 10.0.0.8", "203.0.113.7"),  # two proxies of ours
        ("10.0.0.9", "198.51.100.1, 10.0.0.7, 203.0.113.7, 10.0.0.8", "203.0.113.7"),
        ("203.0.113.66", "198.51.100.1", "203.0.113.66"),  # came past the proxy
        ("203.0.113.66", "10.0.0.9", "203.0.113.66"),
        ("10.0.0.9", "", "10.0.0.9"),
        ("10.0.0.9", "10.0.0.7, 10.0.0.8", "10.0.0.7"),  # nobody but proxies: the farthest
        ("fd00::9", "2001:DB8:0:0::7", "2001:db8::7"),
        ("::ffff:10.0.0.9", "203.0.113.7", "203.0.113.7"),  # a socket of both kinds
        ("10.0.0.9", "::ffff:203.0.113.7", "203.0.113.7"),
        ("10.0.0.9", "::ffff:203.0.113.7, ::ffff:10.0.0.8", "203.0.113.7"),
        ("10.0.0.9", "203.0.113.7:52114", "203.0.113.7"),
        ("10.0.0.9", "[2001:db8::7]:52114", "2001:db8::7"),
        ("10.0.0.9", "[2001:db8::7]", "2001:db8::7"),
    ],
)
def test_the_client_is_the_rightmost_address_that_is_no_proxy_of_ours(peer_address, forwarded, expected):
    assert peer.client(peer_address, forwarded, trusted=TRUSTED) == expected


@pytest.mark.parametrize(
    "element", ["unknown", "_hidden", "203.0.113", "203.0.113.7/24", "1.2.3.4.5:6", "", "٣.1.1.1"]
)
def test_a_malformed_element_is_not_believed_nor_what_is_left_of_it(element):
    assert peer.client("10.0.0.9", f"198.51.100.1, {element}", trusted=TRUSTED) == "10.0.0.9"
    assert peer.client("10.0.0.9", f"198.51.100.1, {element}, 10.0.0.8", trusted=TRUSTED) == "10.0.0.8"


def test_a_peer_without_an_address_stays_as_it_is():
    assert peer.client("", "198.51.100.1", trusted=TRUSTED) == ""
    assert peer.client("x" * 100, "198.51.100.1", trusted=TRUSTED) == "x" * peer.LONGEST


@given(st.text(max_size=200))
def test_whatever_a_stranger_writes_his_address_stays_his_own(forwarded):
    assert peer.client("203.0.113.66", forwarded, trusted=TRUSTED) == "203.0.113.66"
    behind = peer.client("10.0.0.9", f"{forwarded},203.0.113.66", trusted=TRUSTED)
    assert behind == "203.0.113.66"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_an_ipv6_subscriber_is_counted_by_his_network(address, expected):
    assert peer.counted(address) == expected
