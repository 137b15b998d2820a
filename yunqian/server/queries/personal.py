"""Personal data of people: masked for the eye, and found by its keyed index without being opened."""

from yunqian.problems import Refused
from yunqian.rules import identity, mail_addresses
from yunqian.server.adapters import personal
from yunqian.server.records.models import Person

TABLE = "person"
MOBILE, ID_NUMBER, MAIL = "mobile", "id_number", "mail"


def mobile_index(text: str) -> bytes | None:
    """The index under which a person with this number is found; None for what is no mobile number."""
    try:
        return personal.index(identity.mobile(text), field=MOBILE)
    except Refused:
        return None


def mobile(person: Person) -> str | None:
    """The number in full, for the platform's own use; None where there is none."""
    return _opened(person, MOBILE, person.mobile_sealed)


def id_number(person: Person) -> str | None:
    """The ID number in full, for the platform's own use; None where there is none."""
    return _opened(person, ID_NUMBER, person.id_number_sealed)


def mail(person: Person) -> str | None:
    """The address for mail that was proved, for the platform's own use; None where there is none."""
    return _opened(person, MAIL, person.mail_sealed)


def masked_mail(person: Person) -> str | None:
    """l***@example.cn, or None."""
    found = mail(person)
    return mail_addresses.masked(found) if found else None


def masked_mobile(person: Person) -> str | None:
    """138****1234, or None."""
    found = mobile(person)
    return identity.masked_mobile(found) if found else None


def masked_id_number(person: Person) -> str | None:
    """The ID number with its middle hidden, or None."""
    found = id_number(person)
    return identity.masked_id_number(found) if found else None


def _opened(person: Person, column: str, sealed: bytes | memoryview | None) -> str | None:
    if sealed is None:
        return None
    return personal.open_(bytes(sealed), table=TABLE, column=column, row_id=str(person.id))
