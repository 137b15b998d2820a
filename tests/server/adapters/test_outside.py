"""The outside is not asked while rows are held (house rule 5)."""

import pytest

from yunqian.server import scope
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
