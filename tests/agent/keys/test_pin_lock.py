"""A PIN that really locks: opencryptoki's software key behind the PKCS#11 driver, and beside another vendor's.

The tests themselves stand in `inside_opencryptoki*.py` and run once, each file in a sandbox of its own
(see `tests.agent.opencryptoki`).
"""

import os

import pytest

from tests import needs
from tests.agent import opencryptoki

pytestmark = [
    needs.program("bwrap"),
    needs.program("pkcs11-tool"),
    needs.program("softhsm2-util"),
    pytest.mark.skipif(
        not os.access("/usr/sbin/pkcsslotd", os.X_OK), reason="needs pkcsslotd (Debian package opencryptoki)"
    ),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for opencryptoki's folders in a sandbox"),
]
INSIDE = "tests/agent/keys/inside_opencryptoki.py"
LOST = "tests/agent/keys/inside_opencryptoki_lost.py"


@pytest.fixture(scope="module")
def outcomes() -> dict[str, str]:
    return opencryptoki.outcomes(INSIDE) | opencryptoki.outcomes(LOST)


@pytest.mark.parametrize("sentence", [*opencryptoki.sentences(INSIDE), *opencryptoki.sentences(LOST)])
def test_on_a_key_that_counts_and_locks(outcomes: dict[str, str], sentence: str) -> None:
    trouble = outcomes.get(sentence, "was not run")
    if trouble:
        pytest.fail(trouble, pytrace=False)
