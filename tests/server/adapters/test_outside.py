"""The outside is not asked while rows are held (house rule 5)."""

import socket

import pytest

from yunqian.server import scope
from yunqian.server.adapters import outside
from yunqian.server.adapters.outside import refuse_inside_a_transaction


@pytest.mark.usefixtures("no_database")
def test_outside_a_transaction_nothing_is_refused():
    assert refuse_inside_a_transaction() is None


def test_inside_every_kind_of_scope_it_is_refused(two_tenants):
    scopes = (
        scope.platform,
        lambda: scope.reading(person_id=None, tenant_id=None),
    )
    for opened in scopes:
        with opened(), pytest.raises(RuntimeError, match="transaction"):
            refuse_inside_a_transaction()
    assert refuse_inside_a_transaction() is None


@pytest.mark.usefixtures("no_database")
@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("169.254.169.254",),
        ("10.1.2.3",),
        ("::1",),
        ("fe80::1%eth0",),
        ("::ffff:192.168.1.1",),
        ("224.0.0.1",),
        ("203.0.114.1", "192.168.0.1"),
    ],
)
def test_a_name_that_leads_into_a_network_of_our_own_is_not_asked(monkeypatch, addresses):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in addresses]
    monkeypatch.setattr(outside.socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(outside.socket, "create_connection", lambda *_, **__: pytest.fail("asked"))
    with pytest.raises(outside.NotAllowed):
        outside.connected("tsa.example", 443, seconds=1, is_allowed=False)


@pytest.mark.usefixtures("no_database")
def test_the_address_that_was_judged_is_the_one_that_is_asked(monkeypatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in ("8.8.8.8", "8.8.4.4")]
    asked = []

    def refuse(address, timeout):
        asked.append((address, timeout))
        raise ConnectionRefusedError

    monkeypatch.setattr(outside.socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(outside.socket, "create_connection", refuse)
    with pytest.raises(ConnectionRefusedError):
        outside.connected("tsa.example", 443, seconds=4, is_allowed=False)
    assert asked == [(("8.8.8.8", 443), 2.0), (("8.8.4.4", 443), 2.0)]
