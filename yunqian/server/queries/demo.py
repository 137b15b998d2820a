"""The accounts of a demonstration, which its login page shows openly."""

from yunqian.server import scope
from yunqian.server.records.models import Person
from yunqian.wire.envelope import DemoAccount

DEMO_PASSWORD = "yunqian-demo"  # noqa: S105 (public by purpose; production refuses demo accounts)


def accounts() -> tuple[DemoAccount, ...]:
    """The demo people with their open password. The caller has made sure that this is a demonstration."""
    with scope.platform():
        people = list(
            Person.objects.filter(is_demo=True).select_related("home").order_by("created_at", "account")
        )
    return tuple(
        DemoAccount(
            account=person.account,
            password=DEMO_PASSWORD,
            name=person.name,
            tenant_name=person.home.name if person.home else "",
            note_zh="演示账号",
            note_en="demo account",
        )
        for person in people
    )
