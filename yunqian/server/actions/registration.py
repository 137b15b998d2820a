"""Real-name registration: a proved number, a name and an ID number that the carrier says belong together (manual 3.1).

Nothing but the carrier's plain yes creates a person. Who registers again with another number is the same person and
keeps everything; whose number the carrier now gives to somebody else can log in by it no more.
"""

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.db.models import Q
from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.rules import identity
from yunqian.server import scope
from yunqian.server.access.actor import Asking
from yunqian.server.actions import ledger, passwords, spaces
from yunqian.server.adapters import personal, realname
from yunqian.server.queries.personal import ID_NUMBER, MOBILE, TABLE
from yunqian.server.records.identity import CheckVerdict
from yunqian.server.records.models import IdentityCheck, Person, Tenant
from yunqian.wire.people import Register

CHECKS_PER_DAY = 5
_CHINA = ZoneInfo("Asia/Shanghai")
_REFUSALS = {
    CheckVerdict.MISMATCH: Problem.IDENTITY_MISMATCH,
    CheckVerdict.NO_RECORD: Problem.IDENTITY_NO_RECORD,
}


@dataclass(frozen=True)
class _Claimed:
    """What the person says of himself, read and written in one way."""

    name: str
    id_number: str
    mobile: str
    password: str | None

    @property
    def mobile_index(self) -> bytes:
        return personal.index(self.mobile, field=MOBILE)

    @property
    def id_number_index(self) -> bytes:
        return personal.index(self.id_number, field=ID_NUMBER)


def register(*, wanted: Register, proved: bytes | None) -> Asking:
    """The person, new or known, acting for his own space. `proved` is the number that this browser has proved.

    Raises Refused(PERSON_NAME_INVALID, ID_NUMBER_INVALID, MOBILE_INVALID, PASSWORD_WEAK, PHONE_NOT_PROVED,
    IDENTITY_CHECKS_TOO_MANY, IDENTITY_MISMATCH, IDENTITY_NO_RECORD or REALNAME_UNAVAILABLE); nobody is created then.
    """
    claimed = _read(wanted)
    if proved is None or proved != claimed.mobile_index:
        raise Refused(Problem.PHONE_NOT_PROVED)
    _refuse_too_many(claimed)
    verdict = _asked(claimed)
    if verdict is not CheckVerdict.MATCH:
        raise Refused(_REFUSALS[verdict])
    return _written(claimed)


def _read(wanted: Register) -> _Claimed:
    today = timezone.now().astimezone(_CHINA).date()
    claimed = _Claimed(
        name=identity.person_name(wanted.name),
        id_number=identity.id_number(wanted.id_number, today=today),
        mobile=identity.mobile(wanted.mobile),
        password=wanted.password,
    )
    if claimed.password is not None:
        passwords.require_strong(claimed.password, names=(claimed.name, claimed.mobile, claimed.id_number))
    return claimed


def _refuse_too_many(claimed: _Claimed) -> None:
    """The carrier is paid for each answer, and must not be a book in which strangers look each other up."""
    since = timezone.now() - timedelta(days=1)
    about = Q(mobile_index=claimed.mobile_index) | Q(id_number_index=claimed.id_number_index)
    with scope.platform():
        if IdentityCheck.objects.filter(about, at__gt=since).count() >= CHECKS_PER_DAY:
            raise Refused(Problem.IDENTITY_CHECKS_TOO_MANY)


def _asked(claimed: _Claimed) -> CheckVerdict:
    """What the carrier says, asked outside every transaction; that it was asked is kept in any case."""
    carrier = realname.current()
    try:
        verdict = CheckVerdict(carrier.check(claimed.name, claimed.id_number, claimed.mobile))
    except Refused:
        _note(claimed, carrier.name, CheckVerdict.UNAVAILABLE)
        raise
    if verdict is not CheckVerdict.MATCH:
        _note(claimed, carrier.name, verdict)
    return verdict


def _note(claimed: _Claimed, provider: str, verdict: CheckVerdict) -> None:
    with scope.platform(is_writing=True):
        _row(claimed, provider, verdict, None)


def _row(claimed: _Claimed, provider: str, verdict: CheckVerdict, person: Person | None) -> None:
    IdentityCheck.objects.create(
        person=person,
        mobile_index=claimed.mobile_index,
        id_number_index=claimed.id_number_index,
        provider=provider,
        verdict=verdict,
    )


def _written(claimed: _Claimed) -> Asking:
    """The person and all that belongs to him, in one transaction."""
    now = timezone.now()
    with scope.platform(is_writing=True):
        spaces.alone()
        his = Person.objects.filter(id_number_index=claimed.id_number_index)
        known = his.select_for_update(of=("self",)).select_related("space").first()
        _release_number(claimed, keeper=known)
        addressed = _addressed(claimed)
        if known and addressed:  # what was addressed to the new number before stays with that name
            Person.objects.filter(id=addressed.id).update(mobile_index=None)
        person = known or addressed or spaces.newcomer(claimed.name)
        is_first = person.verified_at is None
        person.name = claimed.name
        _seal(person, claimed)
        person.verified_at = now
        if claimed.password is not None:
            person.password = make_password(claimed.password)
        person.save()
        space = spaces.of(person)
        _row(claimed, realname.current().name, CheckVerdict.MATCH, person)
        _note_in(space, person, "person.registered" if is_first else "person.verified_again")
    return Asking(person.id, space.id)


def _seal(person: Person, claimed: _Claimed) -> None:
    """The two numbers, bound to this person's row."""
    for column, value in ((MOBILE, claimed.mobile), (ID_NUMBER, claimed.id_number)):
        sealed = personal.seal(value, table=TABLE, column=column, row_id=str(person.id))
        setattr(person, f"{column}_sealed", sealed)
        setattr(person, f"{column}_index", personal.index(value, field=column))


def _release_number(claimed: _Claimed, *, keeper: Person | None) -> None:
    """Take the number from whoever was verified with it before: the carrier has given it to somebody else."""
    rows = Person.objects.filter(mobile_index=claimed.mobile_index).exclude(verified_at=None)
    for former in (rows.exclude(id=keeper.id) if keeper else rows).select_related("space"):
        former.mobile_index = former.mobile_sealed = None
        former.save(update_fields=["mobile_index", "mobile_sealed"])
        if former.space:
            _note_in(former.space, former, "person.number_lost")


def _addressed(claimed: _Claimed) -> Person | None:
    """Somebody whom an envelope addressed by this number and name before he came."""
    rows = Person.objects.filter(mobile_index=claimed.mobile_index, name=claimed.name, verified_at=None)
    return rows.select_related("space").first()


def _note_in(space: Tenant, person: Person, kind: str) -> None:
    with scope.switched(scope.Pass(space.id)):
        ledger.append(kind, envelope_id=None, person_id=person.id, facts={}, at=timezone.now())
