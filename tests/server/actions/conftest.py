"""These tests seal, so they need the outside."""

import pytest

from tests.server.authorities import Outside, outside

__all__ = ["outside"]


@pytest.fixture(autouse=True)
def _outside(outside: Outside) -> None:
    """Every test here has the test authorities."""
