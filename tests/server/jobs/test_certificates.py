"""The jobs about certificates do what their actions do, and nothing harmful twice."""

from datetime import UTC, datetime

import pytest

from tests.server.authorities import Outside, outside
from tests.server.binding import bound, of_li, states
from tests.server.browsing import Browser
from tests.worlds import TwoTenants
from yunqian.server.actions import certificates as actions
from yunqian.server.jobs import certificates

__all__ = ["outside"]
NOW = int(datetime.now(UTC).timestamp())


@pytest.fixture(autouse=True)
def _outside(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "ca", type("Ca", (), {"current": staticmethod(lambda: outside)}))


def test_what_the_authority_has_revoked_is_stopped_by_the_sweep(
    two_tenants: TwoTenants, outside: Outside, admin
):
    key = two_tenants.li_ming_key
    outside.revoked.add(key.certificate.sha256)
    for _ in range(2):
        certificates.stop_revoked(NOW)
        assert states(admin, key) == ["revoked"]


def test_fresh_challenges_stay(two_tenants: TwoTenants, admin):
    bound(Browser(two_tenants.li_ming), of_li(two_tenants))
    certificates.forget_old(NOW)
    assert admin.execute("SELECT count(*) FROM binding_challenge").fetchone() == (1,)
