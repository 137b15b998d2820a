"""The base of every message and the two scalar types that appear everywhere."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Moment = AwareDatetime
Sha256Hex = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Base64Text = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]*={0,2}$", max_length=1_000_000)]
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$")]
"""Text without control characters: PostgreSQL stores no NUL, and no log line may be broken in two."""
Lines = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]*$")]
"""Text in which a line may end (LF), and no other control character stands."""
Points = Annotated[float, Field(ge=-20_000, le=20_000, allow_inf_nan=False)]


class Message(BaseModel):
    """One frozen message; an unknown key is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ProblemReport(Message):
    """A refusal as problem+json (RFC 9457): the code and facts for machines, both texts for people."""

    type: str
    title: str
    status: int
    code: str
    facts: dict[str, str | int | float | bool | None]
    zh: str
    en: str
    fault: str
    is_retriable: bool
