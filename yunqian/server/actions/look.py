"""Looks at personal data that is masked everywhere else: each has a reason and an event (PIPL art. 51)."""

from yunqian.problems import Problem, Refused
from yunqian.server.access import members
from yunqian.server.access.actor import Actor
from yunqian.server.actions import Done, Trace, action
from yunqian.server.queries import personal
from yunqian.wire.members import PersonalField, PersonalValue


@action("personal.seen")
def at_member(actor: Actor, *, member_id: str, field: PersonalField, reason: str) -> Done[PersonalValue]:
    """The number of a member in full. Raises Refused(MEMBERS_NOT_GRANTED, MEMBER_NOT_FOUND or PERSONAL_ABSENT)."""
    permit = members.administer(actor)
    row = members.member(permit, member_id)
    read = personal.mobile if field is PersonalField.MOBILE else personal.id_number
    value = read(row.person)
    if value is None:
        raise Refused(Problem.PERSONAL_ABSENT)
    facts = {"member": str(row.id), "name": row.person.name, "field": field.value, "reason": reason}
    return Done(PersonalValue(value=value), Trace(permit, None, facts))
