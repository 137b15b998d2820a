"""What a relay for mail must be able to do."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Letter:
    """A letter of plain text to one address, which was proved to be its person's."""

    to: str
    subject: str
    text: str


class Mail(Protocol):
    """One relay."""

    @property
    def name(self) -> str:
        """Which one this is, for the record."""

    def send(self, letter: Letter, *, key: str) -> None:
        """Hand one letter over. Never called inside a transaction.

        `key` names the letter, the same at every try: it is its Message-ID, by which mailboxes know a second one.
        Raises Refused(MAIL_UNAVAILABLE) for what may go better later (no connection, 4xx), and Refused(MAIL_REFUSED)
        for what the relay will never take (5xx).
        """
