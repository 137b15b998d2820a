"""The accounts of a demonstration, which its login page shows openly."""

from yunqian.rules import identity, mail_addresses
from yunqian.server import scope
from yunqian.server.adapters import mail, sms
from yunqian.server.queries import personal
from yunqian.server.records.models import Person
from yunqian.wire.envelope import DemoAccount
from yunqian.wire.people import SandboxLetter, SandboxMessage

DEMO_PASSWORD = "yunqian-demo"  # noqa: S105 (public by purpose; production refuses demo accounts)

NOTES = {
    "liming": ("可发起，持有两把 RSA Key", "may start tasks, holds two RSA keys"),
    "zhangwei": ("可用合同专用章，不能发起", "may apply the contract seal, may not start tasks"),
    "wangfang": ("可发起，持有 SM2 Key", "may start tasks, holds the SM2 key"),
    "sunli": ("单位管理员：成员、印章、证书", "administrator: members, seals, certificates"),
    "chenjing": ("单位管理员：成员、印章、证书", "administrator: members, seals, certificates"),
    "operator": ("平台运营人员", "runs the platform"),
    "desk": ("证书机构受理点，受理解锁申请", "the certificate authority's desk, decides on unlocking"),
}
NO_NOTE = ("不能发起，没有 Key", "may not start tasks, has no key")


def accounts() -> tuple[DemoAccount, ...]:
    """The demo people with their open password. The caller has made sure that this is a demonstration."""
    with scope.platform():
        people = list(
            Person.objects.filter(is_demo=True).select_related("home").order_by("created_at", "account")
        )
    return tuple(_account(person) for person in people)


def messages(mobile: str) -> tuple[SandboxMessage, ...]:
    """What the stand-in for the provider of short messages caught for a number, the newest first.

    Raises Refused(MOBILE_INVALID).
    """
    caught = sms.outbox().messages(identity.mobile(mobile))
    return tuple(SandboxMessage(text_zh=one.text, at=one.at) for one in caught[:5])


def letters(address: str) -> tuple[SandboxLetter, ...]:
    """What the stand-in for the mail relay caught for an address, the newest first.

    Raises Refused(MAIL_ADDRESS_INVALID).
    """
    caught = mail.outbox().letters(mail_addresses.address(address))
    return tuple(SandboxLetter(subject=one.subject, text=one.text, at=one.at) for one in caught[:5])


def _account(person: Person) -> DemoAccount:
    note_zh, note_en = NOTES.get(person.account, NO_NOTE)
    return DemoAccount(
        account=person.account,
        password=DEMO_PASSWORD,
        mobile=personal.mobile(person) or "",
        name=person.name,
        tenant_name=person.home.name if person.home else "",
        note_zh=note_zh,
        note_en=note_en,
    )
