"""How people are reached in tests: numbers and addresses they have, and notices as their page shows them."""

from typing import Any

from tests import worlds
from tests.server.browsing import Browser, placement, seal
from yunqian.server import scope
from yunqian.server.adapters import mail, personal


def give_mobile(member: worlds.Member, number: str) -> None:
    """The person has this number, as if he had registered with it."""
    from yunqian.server.records.models import Person

    sealed = personal.seal(number, table="person", column="mobile", row_id=str(member.person_id))
    index = personal.index(number, field="mobile")
    with scope.platform(is_writing=True):
        Person.objects.filter(id=member.person_id).update(mobile_sealed=sealed, mobile_index=index)


def give_mail(member: worlds.Member, address: str) -> None:
    """The person has proved this address."""
    from yunqian.server.records.models import Person

    sealed = personal.seal(address, table="person", column="mail", row_id=str(member.person_id))
    with scope.platform(is_writing=True):
        Person.objects.filter(id=member.person_id).update(mail_sealed=sealed)


def notices(browser: Browser) -> list[dict[str, Any]]:
    """A person's notices, the newest first."""
    answer = browser.get("/api/notices")
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def kinds(browser: Browser) -> list[str]:
    """What happened, the oldest first."""
    return [one["kind"] for one in reversed(notices(browser))]


def letters(address: str) -> list[str]:
    """The subjects of what came to an address, the newest first."""
    return [one.subject for one in mail.outbox().letters(address)]


def sign(browser: Browser, envelope: dict[str, Any], world: worlds.TwoTenants, who: str) -> None:
    """The whole act, with this account's own key and seal."""
    keys = {"wangfang": world.wang_fang_key, "liming": world.li_ming_key}
    seal(browser, envelope, world.holders, placement(world.seals[f"{who}.personal"], keys[who]))
