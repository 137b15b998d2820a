"""The relay that takes the platform's mail: its address, by which security, and as whom."""

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from yunqian.problems import Refused
from yunqian.rules import mail_addresses
from yunqian.server.settings.secrets import insecure
from yunqian.server.settings.variable import Variable

DRIVERS = ("smtp",)


class Security(StrEnum):
    """How the line to the relay is closed; the values are the schemes of YUNQIAN_MAIL_URL."""

    TLS = "smtps"
    STARTTLS = "smtp"
    NONE = "smtp+plain"


_PORTS = {Security.TLS: 465, Security.STARTTLS: 587, Security.NONE: 25}


@dataclass(frozen=True, slots=True)
class Relay:
    """Where mail is handed over, and as whom. The secret never shows."""

    host: str
    port: int
    security: Security
    user: str = ""
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Everything about mail that may differ between two installations."""

    relay: Annotated[
        Relay | None,
        Variable(
            "YUNQIAN_MAIL_URL",
            "none",
            "The relay: `smtps://host[:465]` (TLS), `smtp://host[:587]` (STARTTLS, which it must offer), or "
            "`smtp+plain://host[:25]` for a relay of one's own network that takes letters without a login.",
        ),
    ]
    user: Annotated[
        str,
        Variable("YUNQIAN_MAIL_USER", "none", "As whom the platform logs in to the relay."),
    ]
    secret: Annotated[
        Path,
        Variable(
            "YUNQIAN_MAIL_SECRET",
            "`mail.secret` in the home folder",
            "File with that account's password, mode 0600. Read where YUNQIAN_MAIL_USER is set.",
        ),
    ]
    sender: Annotated[
        str,
        Variable("YUNQIAN_MAIL_FROM", "none", "Address that letters come from."),
    ]


def read(environ: Mapping[str, str], home: Path, *, driver: str) -> MailSettings:
    """What the relay needs; nothing where there is none.

    Raises Refused(CONFIG_INSECURE) for an address that is none, a login over an open line, or a secret others read.
    """
    user = environ.get("YUNQIAN_MAIL_USER", "")
    path = Path(environ.get("YUNQIAN_MAIL_SECRET") or home / "mail.secret").resolve()
    if driver != "smtp":
        return MailSettings(relay=None, user=user, secret=path, sender="")
    try:
        sender = mail_addresses.address(environ.get("YUNQIAN_MAIL_FROM", ""))
    except Refused:
        raise insecure("YUNQIAN_MAIL is smtp, but YUNQIAN_MAIL_FROM is no address") from None
    relay = _relay(environ.get("YUNQIAN_MAIL_URL", ""), user, path)
    return MailSettings(relay=relay, user=user, secret=path, sender=sender)


def _relay(url: str, user: str, path: Path) -> Relay:
    try:
        parts = urlsplit(url)
        security, port = Security(parts.scheme), parts.port
    except ValueError:
        raise insecure(f"YUNQIAN_MAIL_URL is {url!r}, which is not smtps://host[:port]") from None
    host = parts.hostname or ""
    if not re.fullmatch(r"[A-Za-z0-9.:-]+", host, re.ASCII) or "@" in parts.netloc or parts.path.strip("/"):
        raise insecure("YUNQIAN_MAIL_URL is not smtps://host[:port]")
    if user and security is Security.NONE:
        raise insecure("YUNQIAN_MAIL_URL is not encrypted, so no password may go over it")
    secret = _secret(path) if user else ""
    return Relay(host, port or _PORTS[security], security, user, secret)


def _secret(path: Path) -> str:
    """The password; nothing of it is in a refusal."""
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise insecure("the file of YUNQIAN_MAIL_SECRET may be read by others; set its mode to 0600")
        found = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise insecure(f"the file of YUNQIAN_MAIL_SECRET cannot be read ({type(error).__name__})") from None
    if not found or not found.isprintable():
        raise insecure("the file of YUNQIAN_MAIL_SECRET holds no password on one line")
    return found
