"""The space of a person: an organization of one, in which he signs as himself (decision 34).

A supplier without any organization is addressed for it, holds his certificates and seals in it, and is kept from
everybody else's by the same walls as any organization.
"""

import secrets

from django.contrib.auth.hashers import make_password

from yunqian.rules import identity
from yunqian.server import scope
from yunqian.server.adapters import personal as keys
from yunqian.server.queries.personal import MOBILE, TABLE
from yunqian.server.records.models import Member, Person, Tenant
from yunqian.wire.envelope import TenantKind


def of(person: Person) -> Tenant:
    """The person's space, made now where there is none; the person is saved with it."""
    if person.space is not None:
        return person.space
    slug = f"p-{secrets.token_hex(8)}"
    space = Tenant.objects.create(slug=slug, name=f"{person.name}（个人）", kind=TenantKind.PERSON)
    person.space = space
    person.home = person.home or space
    person.save(update_fields=None if person._state.adding else ["space", "home"])
    with scope.switched(scope.Pass(space.id)):
        Member.objects.create(person=person)
    return space


def alone() -> None:
    """For the rest of the transaction nobody else registers or is addressed by phone: one number makes one person."""
    scope.alone("registration")


def newcomer(name: str) -> Person:
    """A person who is not saved yet, with an account that he did not choose and no password."""
    return Person(account=f"u{secrets.randbelow(10**10):010}", name=name, password=make_password(None))


def addressed(name: str, mobile: str) -> Person:
    """Whom a name and a number address who is not registered yet: he comes by registering with both."""
    person = newcomer(identity.person_name(name))
    person.mobile_index = keys.index(mobile, field=MOBILE)
    person.mobile_sealed = keys.seal(mobile, table=TABLE, column=MOBILE, row_id=str(person.id))
    of(person)
    return person
