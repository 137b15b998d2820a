"""advance: the one writer of a state, as a compare-and-swap."""

import pytest

from tests.worlds import Member, TwoTenants
from yunqian.problems import Problem, Refused
from yunqian.server import scope
from yunqian.server.records.base import advance
from yunqian.server.records.models import Envelope, Recipient


@pytest.fixture
def envelope(two_tenants: TwoTenants) -> Envelope:
    li_ming = two_tenants.li_ming
    with scope.entered(person_id=li_ming.person_id, tenant_id=li_ming.tenant_id):
        return Envelope.objects.create(
            title="采购合同", initiator_id=li_ming.person_id, initiator_name=li_ming.name
        )


def address(envelope: Envelope, member: Member) -> None:
    Recipient.objects.create(
        envelope=envelope,
        person_id=member.person_id,
        person_name=member.name,
        for_tenant_id=member.tenant_id,
    )


def test_takes_the_row_and_the_table_to_the_next_state(two_tenants: TwoTenants, envelope: Envelope):
    with scope.entered(person_id=None, tenant_id=two_tenants.company_id):
        advance(envelope, "complete")
        assert envelope.state == "completed"
        assert Envelope.objects.get().state == "completed"


def test_refuses_a_step_that_the_machine_does_not_have(two_tenants: TwoTenants, envelope: Envelope):
    with scope.entered(person_id=None, tenant_id=two_tenants.company_id):
        advance(envelope, "void")
        with pytest.raises(Refused) as caught:
            advance(envelope, "complete")
        assert Envelope.objects.get().state == "voided"
    assert caught.value.problem is Problem.TRANSITION_NOT_ALLOWED


def test_refuses_when_somebody_else_moved_the_row_meanwhile(two_tenants: TwoTenants, envelope: Envelope):
    with scope.entered(person_id=None, tenant_id=two_tenants.company_id):
        advance(Envelope.objects.get(), "void")
    with (
        pytest.raises(Refused) as caught,
        scope.entered(person_id=None, tenant_id=two_tenants.company_id),
    ):
        advance(envelope, "complete")
    assert caught.value.problem is Problem.TRANSITION_NOT_ALLOWED
    with scope.reading(person_id=None, tenant_id=two_tenants.company_id):
        assert Envelope.objects.get().state == "voided"


def test_refuses_for_somebody_to_whom_the_row_is_only_addressed(two_tenants: TwoTenants, envelope: Envelope):
    wang_fang = two_tenants.wang_fang
    with scope.entered(person_id=None, tenant_id=two_tenants.company_id):
        address(envelope, wang_fang)
    with (
        pytest.raises(Refused) as caught,
        scope.entered(person_id=wang_fang.person_id, tenant_id=wang_fang.tenant_id),
    ):
        advance(Envelope.objects.get(pk=envelope.pk), "complete")
    assert caught.value.problem is Problem.TRANSITION_NOT_ALLOWED


def test_the_database_keeps_whom_an_envelope_is_addressed_to(two_tenants: TwoTenants, envelope: Envelope):
    people = [two_tenants.wang_fang, two_tenants.zhang_wei]
    with scope.entered(person_id=None, tenant_id=two_tenants.company_id):
        for member in people:
            address(envelope, member)
        pairs = [f"{member.person_id}@{member.tenant_id}" for member in people]
        assert Envelope.objects.get().addressed == pairs
