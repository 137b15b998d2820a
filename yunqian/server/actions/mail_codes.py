"""One's own address for mail: proved by a code that was sent to it, taken away again at will.

A code is good for one person, one address, five tries and ten minutes; a newer one ends it. How many may be asked for
is counted from the rows for the person, for the address, and in all.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.rules import mail_addresses
from yunqian.server import scope, settings
from yunqian.server.access.actor import Actor, Asking, recognise
from yunqian.server.actions import Done, Trace, action, one_time_codes
from yunqian.server.actions.one_time_codes import KEPT, LASTS, PAUSE, Limit
from yunqian.server.adapters import mail, personal
from yunqian.server.queries.personal import MAIL, TABLE
from yunqian.server.records.models import MailCode, Person
from yunqian.wire.people import MailCodeSent

_TABLE = "mail_code"


LIMITS = (
    Limit("person_id", 1, PAUSE),
    Limit("person_id", 10, timedelta(days=1)),
    Limit("address_index", 5, timedelta(days=1)),
    Limit(None, 2_000, timedelta(hours=1)),
)


def send(asking: Asking, *, address: str) -> MailCodeSent:
    """Send a code to the address. A code whose letter could not be sent is void, and counted.

    Raises Refused(MAIL_ADDRESS_INVALID, MAIL_CODES_TOO_MANY, MAIL_UNAVAILABLE or MAIL_REFUSED).
    """
    known = mail_addresses.address(address)
    code = one_time_codes.drawn()
    row_id = _written(asking, known, code)
    try:
        mail.current().send(_letter(known, code), key=str(row_id))
    except Refused:
        with scope.platform(is_writing=True):
            MailCode.objects.filter(id=row_id).update(ended_at=timezone.now())
        raise
    return MailCodeSent(
        address_masked=mail_addresses.masked(known),
        lasts_seconds=LASTS.seconds,
        again_after_seconds=PAUSE.seconds,
    )


def prove(asking: Asking, *, code: str) -> None:
    """Take the address whose newest code this is. Raises Refused(MAIL_CODE_WRONG), which costs a try."""
    _require_member(asking)
    sealed = _taken(asking, code)
    _keep(asking, address=sealed)


@action("person.mail_removed")
def remove(actor: Actor) -> Done[None]:
    """Be written to no more."""
    found = Person.objects.filter(id=actor.person_id).exclude(mail_sealed=None)
    if not found.update(mail_sealed=None, mail_proved_at=None):
        return Done(None, None)
    return Done(None, Trace(scope.Pass(actor.tenant_id), None))


def forget_old(*, now: datetime) -> None:
    """Delete the codes that no limit counts any more."""
    with scope.platform(is_writing=True):
        MailCode.objects.filter(created_at__lt=now - KEPT).delete()


@action("person.mail_proved")
def _keep(actor: Actor, *, address: str) -> Done[None]:
    sealed = personal.seal(address, table=TABLE, column=MAIL, row_id=str(actor.person_id))
    Person.objects.filter(id=actor.person_id).update(mail_sealed=sealed, mail_proved_at=timezone.now())
    return Done(None, Trace(scope.Pass(actor.tenant_id), None))


def _taken(asking: Asking, code: str) -> str:
    """The address that is proved now; the wrong code costs a try that stays lost."""
    now = timezone.now()
    with scope.platform(is_writing=True):
        rows = MailCode.objects.select_for_update().filter(
            person_id=asking.person_id, taken_at=None, ended_at=None, expires_at__gt=now, tries_left__gt=0
        )
        row = rows.order_by("-created_at").first()
        is_right = row is not None and one_time_codes.take(row, given=_hashed(row.id, code.strip()))
    if row is None or not is_right:  # only now, so that the try that was lost stays lost
        raise Refused(Problem.MAIL_CODE_WRONG)
    return personal.open_(bytes(row.address_sealed), table=_TABLE, column=MAIL, row_id=str(row.id))


def _require_member(asking: Asking) -> None:
    with scope.reading(person_id=asking.person_id, tenant_id=asking.tenant_id):
        recognise(asking)


def _written(asking: Asking, address: str, code: str) -> UUID:
    _require_member(asking)
    now = timezone.now()
    row = MailCode(person_id=asking.person_id, created_at=now, expires_at=now + LASTS)
    row.address_index = personal.index(address.lower(), field=MAIL)
    row.address_sealed = personal.seal(address, table=_TABLE, column=MAIL, row_id=str(row.id))
    row.code_hash = _hashed(row.id, code)
    with scope.platform(is_writing=True):
        scope.alone("mail codes")  # twenty at once are counted as twenty
        one_time_codes.require_within(LIMITS, row, too_many=Problem.MAIL_CODES_TOO_MANY)
        MailCode.objects.filter(person_id=asking.person_id, taken_at=None, ended_at=None).update(ended_at=now)
        row.save(force_insert=True)
    return row.id


def _letter(address: str, code: str) -> mail.Letter:
    minutes, platform = LASTS.seconds // 60, settings.current().name
    text = (
        f"验证码 {code}，{minutes} 分钟内有效，用于在{platform}登记您的通知邮箱。请勿转告他人。\n"
        "如果不是您本人操作，请不必理会。\n\n"
        f"Your code is {code}, good for {minutes} minutes. If you did not ask for it, ignore this letter.\n"
    )
    return mail.Letter(address, f"{platform}邮箱验证码", text)


def _hashed(row_id: UUID, code: str) -> bytes:
    return one_time_codes.hashed(row_id, code, field="mail_code")
