"""Every server test runs on the two-tenant world, unless it asks for `empty_database` or `no_database`."""

import pytest

from yunqian.server import settings

settings.start()  # so that test modules may import records at their top; nothing connects yet


@pytest.fixture
def no_database() -> None:
    """Asked for by tests that need no database at all."""


@pytest.fixture(autouse=True)
def _world_of_this_test(request: pytest.FixtureRequest) -> None:
    if "no_database" not in request.fixturenames:
        own = "empty_database" if "empty_database" in request.fixturenames else "two_tenants"
        request.getfixturevalue(own)
