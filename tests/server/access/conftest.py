"""These tests seal, so they need the outside."""

import pytest

from tests.server.authorities import outside

__all__ = ["outside"]


@pytest.fixture(autouse=True)
def _outside(request: pytest.FixtureRequest) -> None:
    """Every test here that has a database has the test authorities."""
    if "no_database" not in request.fixturenames:
        request.getfixturevalue("outside")
