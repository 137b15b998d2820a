"""Every server test runs on the two-tenant world, unless it asks for `empty_database` or `no_database`."""

from typing import Any

import pytest

from tests.worlds import TwoTenants
from yunqian.server import settings

settings.start()  # so that test modules may import records at their top; nothing connects yet

from tests.server.browsing import Browser, placement  # noqa: E402


@pytest.fixture
def no_database() -> None:
    """Asked for by tests that need no database at all."""


@pytest.fixture(autouse=True)
def _world_of_this_test(request: pytest.FixtureRequest) -> None:
    if "no_database" not in request.fixturenames:
        own = "empty_database" if "empty_database" in request.fixturenames else "two_tenants"
        request.getfixturevalue(own)


@pytest.fixture
def li(two_tenants: TwoTenants) -> Browser:
    """李明, who may start, at his browser."""
    return Browser(two_tenants.li_ming)


@pytest.fixture
def wang(two_tenants: TwoTenants) -> Browser:
    """王芳 of the other organization, at hers."""
    return Browser(two_tenants.wang_fang)


@pytest.fixture
def zhang(two_tenants: TwoTenants) -> Browser:
    """张伟, a colleague of 李明, at his."""
    return Browser(two_tenants.zhang_wei)


@pytest.fixture
def chen(two_tenants: TwoTenants) -> Browser:
    """陈静, a colleague of 王芳, at hers."""
    return Browser(two_tenants.chen_jing)


@pytest.fixture
def personal(two_tenants: TwoTenants) -> dict[str, Any]:
    """李明's own seal on page 1."""
    return placement(two_tenants.seals["liming.personal"], two_tenants.li_ming_key)


@pytest.fixture
def official(two_tenants: TwoTenants) -> dict[str, Any]:
    """His organization's official seal on page 1, beside it."""
    seal_id = two_tenants.seals["liming.official"]
    return placement(seal_id, two_tenants.company_key, x_pt=300, width_pt=113, height_pt=113)


@pytest.fixture
def wangs(two_tenants: TwoTenants) -> dict[str, Any]:
    """王芳's own seal on page 1, above them."""
    return placement(two_tenants.seals["wangfang.personal"], two_tenants.wang_fang_key, y_pt=300)
