"""What a password must be, and setting one's own (NIST SP 800-63B §3.1.1.2: length and known ones, no composition)."""

from collections.abc import Sequence

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError

from yunqian.problems import Problem, Refused
from yunqian.server import scope
from yunqian.server.access.actor import Actor
from yunqian.server.actions import Done, Trace, action
from yunqian.server.records.models import OpenSession, Person

SHORTEST = 10
_FEWEST_DIFFERENT = 4
_common = CommonPasswordValidator()


def require_strong(password: str, *, names: Sequence[str]) -> None:
    """Raise Refused(PASSWORD_WEAK) for what is short, common, only digits, or made of the person's own `names`."""
    try:
        _common.validate(password)
        is_common = False
    except ValidationError:
        is_common = True
    is_own = any(len(name) > 3 and name.casefold() in password.casefold() for name in names)
    is_poor = password.isdigit() or len(set(password)) < _FEWEST_DIFFERENT or len(password) < SHORTEST
    if is_common or is_own or is_poor:
        raise Refused(Problem.PASSWORD_WEAK)


@action("password.set")
def choose(actor: Actor, *, password: str, session_key: str | None) -> Done[None]:
    """One's own new password; every session but this one ends. Raises Refused(PASSWORD_WEAK)."""
    require_strong(password, names=(actor.account, actor.name))
    Person.objects.filter(id=actor.person_id).update(password=make_password(password))
    others = OpenSession.objects.filter(person_id=actor.person_id).exclude(key=session_key)
    ended, _ = Session.objects.filter(session_key__in=list(others.values_list("key", flat=True))).delete()
    others.delete()
    return Done(None, Trace(scope.Pass(actor.tenant_id), None, {"sessions_ended": ended}))
