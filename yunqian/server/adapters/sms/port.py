"""What a provider of short messages must be able to do."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol


class Template(StrEnum):
    """What is said; providers and carriers approve each wording beforehand.

    CODE: code, minutes. INVITATION: tenant, link. ADDRESSED: tenant, title, link.
    """

    CODE = "code"
    INVITATION = "invitation"
    ADDRESSED = "addressed"


WORDING = {
    Template.CODE: "验证码 {code}，{minutes} 分钟内有效。请勿转告他人，平台工作人员不会索要验证码。",
    Template.INVITATION: "{tenant} 邀请您加入，请打开 {link} 确认，7 天内有效。",
    Template.ADDRESSED: "{tenant} 请您签署《{title}》，请打开 {link}。",
}
"""The wordings as they are submitted for approval."""


class Sms(Protocol):
    """One provider."""

    @property
    def name(self) -> str:
        """Which provider this is, for the record."""

    def send(self, mobile: str, template: Template, params: Mapping[str, str], *, idempotency: str) -> None:
        """Hand one message over. Raises Refused(SMS_UNAVAILABLE) for everything but the provider's plain yes.

        `idempotency` names the message: the same one handed over twice is sent once, where the provider can.
        Never called inside a transaction.
        """
