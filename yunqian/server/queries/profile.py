"""One's own account, as oneself sees it: what is personal stays masked even so, for who looks over the shoulder."""

from django.contrib.auth.hashers import is_password_usable

from yunqian.server import settings
from yunqian.server.access.actor import Actor
from yunqian.server.queries import personal, query
from yunqian.server.records.models import Person
from yunqian.wire.people import Profile


@query
def own(actor: Actor, *, is_fresh: bool) -> Profile:
    """The actor's account."""
    person = Person.objects.get(id=actor.person_id)
    return Profile(
        name=person.name,
        account=person.account,
        mobile_masked=personal.masked_mobile(person),
        id_number_masked=personal.masked_id_number(person),
        mail_masked=personal.masked_mail(person),
        has_mail=settings.current().mail_driver != "none",
        is_mail_caught=settings.current().mail_driver == "sandbox",
        verified_at=person.verified_at,
        has_password=is_password_usable(person.password),
        is_proved_lately=is_fresh,
    )
