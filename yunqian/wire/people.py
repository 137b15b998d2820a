"""Real-name registration, codes by short message, and one's own account (manual 3.1, 3.2)."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from yunqian.wire.base import Line, Message, Moment

MobileText = Annotated[
    Line, Field(min_length=5, max_length=30, description="a mainland mobile number, however spaced")
]
CodeText = Annotated[str, Field(pattern=r"^\s*[0-9]{6}\s*$")]
NewPassword = Annotated[str, Field(min_length=10, max_length=200)]


class CodePurpose(StrEnum):
    """What a code may be used for, and nothing else."""

    REGISTER = "register"
    LOGIN = "login"
    STEP_UP = "step_up"


class AskCode(Message):
    """`slug`: the organization whose entry address the page was opened by."""

    mobile: MobileText
    purpose: Literal[CodePurpose.REGISTER, CodePurpose.LOGIN]
    slug: Annotated[str, Field(max_length=60)] | None = None


class CodeSent(Message):
    """A code is on its way, whether or not the number is known here."""

    mobile_masked: str
    lasts_seconds: int
    again_after_seconds: int


class AskMailCode(Message):
    """The address that one wants to be written to."""

    address: Annotated[Line, Field(min_length=3, max_length=254)]


class MailCodeSent(Message):
    """A letter with a code is on its way."""

    address_masked: str
    lasts_seconds: int
    again_after_seconds: int


class MailProof(Message):
    """The code that came to the address."""

    code: CodeText


class PhoneProof(Message):
    """The code that came to this number; taken once, in the browser that asked for it."""

    mobile: MobileText
    code: CodeText


class Register(Message):
    """What the carrier is asked about. `has_agreed`: the person has agreed to the check (PIPL art. 29)."""

    mobile: MobileText
    name: Annotated[Line, Field(min_length=1, max_length=60)]
    id_number: Annotated[Line, Field(min_length=15, max_length=30)]
    password: NewPassword | None = None
    has_agreed: Literal[True]


class StepUp(Message):
    """One of the two: the password, or the code that was sent to one's own number."""

    password: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    code: CodeText | None = None


class SetPassword(Message):
    password: NewPassword


class Profile(Message):
    """One's own account; what is personal is masked."""

    name: str
    account: str
    mobile_masked: str | None
    id_number_masked: str | None
    mail_masked: str | None
    has_mail: bool = Field(description="this installation sends mail")
    is_mail_caught: bool = Field(description="a stand-in catches it, as in a demonstration")
    verified_at: Moment | None
    has_password: bool
    is_proved_lately: bool = Field(description="what asks for a fresh proof asks for none just now")


class SandboxLetter(Message):
    """A letter that the demonstration's outbox caught."""

    subject: str
    text: str
    at: Moment


class SandboxMessage(Message):
    """A short message that the demonstration's outbox caught instead of a phone."""

    text_zh: str
    at: Moment
