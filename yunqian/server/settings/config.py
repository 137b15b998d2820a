"""One typed, frozen Config read from environment variables; insecure production values refuse to start.

Each field carries the name of its variable and its meaning, so that docs/configuration.md is generated from
here and cannot say anything else.
"""

import hashlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from yunqian.server.settings import clouds, mail, proxies, secrets
from yunqian.server.settings.addresses import allowed_hosts, outside_url
from yunqian.server.settings.clouds import Clouds
from yunqian.server.settings.mail import MailSettings
from yunqian.server.settings.secrets import Secrets, insecure
from yunqian.server.settings.variable import Variable

CHECKOUT = Path(__file__).resolve().parents[3]
LONGEST_SOCKET_FOLDER = 90  # the kernel allows 107 bytes for the whole path, PostgreSQL's own name takes 15
DEMO_MARK = "DEMO"  # an empty file of this name in ca/ says: these authorities are for demonstration


class Mode(StrEnum):
    """What this installation is for. A demo has open passwords and own authorities; production has neither."""

    DEMO = "demo"
    PRODUCTION = "production"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Database:
    """How one role reaches PostgreSQL. For the embedded one `host` is the folder of its Unix socket."""

    host: str
    port: int
    name: str
    user: str
    password: str = field(repr=False)
    options: Mapping[str, str] = field(default_factory=dict)

    def for_psycopg(self) -> dict[str, Any]:
        """Keyword arguments of psycopg.connect."""
        return {
            "host": self.host,
            "port": self.port,
            "dbname": self.name,
            "user": self.user,
            "password": self.password,
            "connect_timeout": 5,
            **self.options,
        }

    def for_django(self) -> dict[str, Any]:
        """The part of Django's DATABASES entry that says where and who."""
        return {
            "HOST": self.host,
            "PORT": str(self.port),
            "NAME": self.name,
            "USER": self.user,
            "PASSWORD": self.password,
        }


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that may differ between two installations."""

    mode: Annotated[Mode, Variable("YUNQIAN_MODE", "`production`", "`demo`, `production` or `test`.")]
    home: Annotated[
        Path,
        Variable(
            "YUNQIAN_HOME",
            "`.yunqian/` beside the checkout",
            "The one folder of the installation: database, vault, secrets, authorities, logs.",
        ),
    ]
    host: Annotated[
        str,
        Variable("YUNQIAN_HOST", "`127.0.0.1`", "Address to listen on; a reverse proxy stands before it."),
    ]
    port: Annotated[int, Variable("YUNQIAN_PORT", "`8000`", "Port to listen on.")]
    trusted_proxies: Annotated[
        tuple[proxies.Network, ...],
        Variable(
            "YUNQIAN_TRUSTED_PROXIES",
            "none",
            "Addresses or networks of the reverse proxies, separated by commas. Only from them X-Forwarded-For "
            "is believed, to which each must append the address of its own peer. Without it, logins that fail "
            "behind a proxy are counted for the proxy, so that anybody can pause everybody.",
        ),
    ]
    origins: Annotated[
        tuple[str, ...],
        Variable(
            "YUNQIAN_ORIGINS",
            "`http://127.0.0.1:<port>,http://localhost:<port>` in a demo; none in production",
            "Origins of the platform's own pages, separated by commas. Production accepts only https.",
        ),
    ]
    database: Annotated[
        Database,
        Variable(
            "YUNQIAN_DATABASE_URL",
            "the embedded PostgreSQL",
            "`postgresql://…` for the application's role, which owns no table and bypasses no policy.",
        ),
    ]
    owner_database: Annotated[
        Database | None,
        Variable(
            "YUNQIAN_OWNER_DATABASE_URL",
            "the embedded PostgreSQL",
            "`postgresql://…` for the role that owns the tables; only `yunqian migrate` needs it.",
        ),
    ]
    is_embedded: bool
    client_ports: Annotated[
        tuple[int, ...],
        Variable(
            "YUNQIAN_CLIENT_PORTS", "`17311`", "Ports where pages look for the security client, with commas."
        ),
    ]
    upload_limit_bytes: Annotated[
        int, Variable("YUNQIAN_UPLOAD_LIMIT_BYTES", "`52428800`", "Largest document that may be uploaded.")
    ]
    web_dist: Annotated[
        Path, Variable("YUNQIAN_WEB_DIST", "`web/dist` of the checkout", "Folder of the built web pages.")
    ]
    client_releases: Annotated[
        Path,
        Variable(
            "YUNQIAN_CLIENT_RELEASES",
            "`client/` in the home folder",
            "Folder with `release.json` and the archives of the security client that pages offer for download. "
            "Signed by who builds clients; the platform only hands them on. Without it none are offered.",
        ),
    ]
    tsa_url: Annotated[
        str,
        Variable(
            "YUNQIAN_TSA_URL",
            "none; a demo has an authority of its own",
            "Address of the time-stamp authority (RFC 3161), https. Its root stands in `ca/trust/` of the home.",
        ),
    ]
    tsa_allowed_hosts: Annotated[
        tuple[str, ...],
        Variable(
            "YUNQIAN_TSA_ALLOWED_HOSTS",
            "none",
            "Hosts of time-stamp authorities, separated by commas, that may be asked over plain http or at an "
            "address that is not public.",
        ),
    ]
    ca_url: Annotated[
        str,
        Variable(
            "YUNQIAN_CA_URL",
            "none; a demo has an authority of its own",
            "Address of the certificate authority (CMP, RFC 4210), https. Its root stands in `ca/trust/` of the home.",
        ),
    ]
    ca_ocsp_url: Annotated[
        str,
        Variable("YUNQIAN_CA_OCSP_URL", "none", "Address of that authority's OCSP responder."),
    ]
    ca_allowed_hosts: Annotated[
        tuple[str, ...],
        Variable(
            "YUNQIAN_CA_ALLOWED_HOSTS",
            "none",
            "Hosts of both, separated by commas, that may be asked over plain http (OCSP is signed) or at an address "
            "that is not public.",
        ),
    ]
    ca_reference: Annotated[
        str,
        Variable("YUNQIAN_CA_REFERENCE", "none", "By which the authority knows this platform (senderKID)."),
    ]
    ca_secret: Annotated[
        Path,
        Variable(
            "YUNQIAN_CA_SECRET",
            "`ca/cmp.secret` in the home folder",
            "File with the secret shared with the authority, mode 0600.",
        ),
    ]
    time_zone: Annotated[
        str,
        Variable(
            "YUNQIAN_TIME_ZONE", "`Asia/Shanghai`", "Zone of dates that people read; stored times are UTC."
        ),
    ]
    name: Annotated[
        str,
        Variable("YUNQIAN_NAME", "`云签`; `云签演示平台` in a demo", "The platform's name as people see it."),
    ]
    secrets: Annotated[
        Secrets,
        Variable(
            "YUNQIAN_SECRETS",
            "`secrets.json` in the home folder",
            "File with the platform's secrets, mode 0600; `yunqian migrate --new-secrets` makes it.",
        ),
    ]
    sms_driver: Annotated[
        str,
        Variable(
            "YUNQIAN_SMS",
            "`none`; `sandbox` in a demo",
            "Who sends short messages: `aliyun`, `tencent`, or `none`: nobody, so that nobody logs in by phone. "
            "`sandbox` is refused in production.",
        ),
    ]
    realname_driver: Annotated[
        str,
        Variable(
            "YUNQIAN_REALNAME",
            "`none`; `sandbox` in a demo",
            "Who asks the carrier whether name, ID number and mobile belong together: `aliyun`, `tencent`, or `none`: "
            "nobody, so that nobody registers. `sandbox` is refused in production.",
        ),
    ]
    company_driver: Annotated[
        str,
        Variable(
            "YUNQIAN_COMPANY_REGISTER",
            "`none`; `sandbox` in a demo",
            "Who asks the company register. `none`: nobody, so that no organization is verified. `sandbox` is refused "
            "in production.",
        ),
    ]
    clouds: Clouds
    mail_driver: Annotated[
        str,
        Variable(
            "YUNQIAN_MAIL",
            "`none`; `sandbox` in a demo",
            "Who sends mail: `smtp`, or `none`: nobody, so that notices come by the page and by short message alone. "
            "`sandbox` is refused in production.",
        ),
    ]
    mail: MailSettings
    personal_suite: Annotated[
        str,
        Variable(
            "YUNQIAN_PERSONAL_SUITE",
            "`aes-256-gcm`",
            "Cipher of personal data at rest: `aes-256-gcm` or `sm4-gcm`; what the other has sealed stays readable.",
        ),
    ]

    @property
    def is_demo(self) -> bool:
        """True when the pages must carry the demo banner."""
        return self.mode is Mode.DEMO

    @property
    def is_secure(self) -> bool:
        """True when every page is served over https, so that cookies may insist on it."""
        return all(origin.startswith("https://") for origin in self.origins)

    @property
    def trust_folder(self) -> Path:
        """Folder of the roots (`*.pem`) and revocation lists (`*.crl`) that the platform trusts."""
        return self.home / "ca" / "trust"


def read(environ: Mapping[str, str]) -> Config:
    """Build the Config from environment variables.

    A demo or test makes its secrets by itself at the first reading; production never does.
    Raises Refused(CONFIG_INSECURE) for values that are wrong, or right only in a demo.
    """
    mode = _mode(environ.get("YUNQIAN_MODE", Mode.PRODUCTION))
    home = _home(environ)
    if mode is not Mode.PRODUCTION:
        secrets.make_if_absent(secrets_path(environ), is_demo=True)
    loaded = secrets.load(secrets_path(environ))
    port = _number(environ, "YUNQIAN_PORT", 8000, most=65535)
    sms = _driver(environ, "YUNQIAN_SMS", mode, clouds.DRIVERS)
    realname = _driver(environ, "YUNQIAN_REALNAME", mode, clouds.DRIVERS)
    mail_driver = _driver(environ, "YUNQIAN_MAIL", mode, mail.DRIVERS)
    url = environ.get("YUNQIAN_DATABASE_URL")
    config = Config(
        mode=mode,
        home=home,
        host=environ.get("YUNQIAN_HOST", "127.0.0.1"),
        port=port,
        trusted_proxies=proxies.parse(environ.get("YUNQIAN_TRUSTED_PROXIES", "")),
        origins=_origins(environ, mode, port),
        database=_parse_url("YUNQIAN_DATABASE_URL", url) if url else embedded_database(home, loaded, "app"),
        owner_database=_owner_database(environ, home, loaded),
        is_embedded=not url,
        client_ports=_ports(environ),
        upload_limit_bytes=_number(environ, "YUNQIAN_UPLOAD_LIMIT_BYTES", 52_428_800, most=1 << 31),
        web_dist=Path(environ.get("YUNQIAN_WEB_DIST") or CHECKOUT / "web" / "dist").resolve(),
        client_releases=Path(environ.get("YUNQIAN_CLIENT_RELEASES") or home / "client").resolve(),
        tsa_url=outside_url(environ, "YUNQIAN_TSA_URL", "YUNQIAN_TSA_ALLOWED_HOSTS"),
        tsa_allowed_hosts=allowed_hosts(environ, "YUNQIAN_TSA_ALLOWED_HOSTS"),
        ca_url=outside_url(environ, "YUNQIAN_CA_URL", "YUNQIAN_CA_ALLOWED_HOSTS"),
        ca_ocsp_url=outside_url(environ, "YUNQIAN_CA_OCSP_URL", "YUNQIAN_CA_ALLOWED_HOSTS"),
        ca_allowed_hosts=allowed_hosts(environ, "YUNQIAN_CA_ALLOWED_HOSTS"),
        ca_reference=environ.get("YUNQIAN_CA_REFERENCE", ""),
        ca_secret=Path(environ.get("YUNQIAN_CA_SECRET") or home / "ca" / "cmp.secret").resolve(),
        time_zone=_time_zone(environ),
        name=environ.get("YUNQIAN_NAME") or ("云签演示平台" if mode is Mode.DEMO else "云签"),
        secrets=loaded,
        sms_driver=sms,
        realname_driver=realname,
        company_driver=_driver(environ, "YUNQIAN_COMPANY_REGISTER", mode),
        clouds=clouds.read(environ, home, sms=sms, realname=realname),
        mail_driver=mail_driver,
        mail=mail.read(environ, home, driver=mail_driver),
        personal_suite=_one_of(environ, "YUNQIAN_PERSONAL_SUITE", ("aes-256-gcm", "sm4-gcm")),
    )
    if mode is Mode.PRODUCTION:
        _refuse_demo_parts(config)
    return config


def admin_database(config: Config) -> Database:
    """The embedded cluster's bootstrap role: makes the two roles and the database, nothing else."""
    return embedded_database(config.home, config.secrets, "admin")


def embedded_database(home: Path, loaded: Secrets, role: str) -> Database:
    """How `role` (admin, owner or app) reaches the embedded PostgreSQL of `home`."""
    name = "postgres" if role == "admin" else "yunqian"
    return Database(
        host=str(socket_folder(home)),
        port=5432,
        name=name,
        user=f"yunqian_{role}",
        password=loaded.password(role),
    )


def socket_folder(home: Path) -> Path:
    """Where the embedded PostgreSQL listens: `run/` of the home, or a short folder where that is too long."""
    own = home / "run"
    if len(os.fsencode(own)) <= LONGEST_SOCKET_FOLDER:
        return own
    mark = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"yunqian-{os.getuid()}-{mark}"


def secrets_path(environ: Mapping[str, str]) -> Path:
    """Where the secrets are, whether or not they exist yet."""
    return Path(environ.get("YUNQIAN_SECRETS") or _home(environ) / "secrets.json").resolve()


def _home(environ: Mapping[str, str]) -> Path:
    beside = CHECKOUT if (CHECKOUT / "pyproject.toml").is_file() else Path.cwd()
    return Path(environ.get("YUNQIAN_HOME") or beside / ".yunqian").resolve()


def _mode(text: str) -> Mode:
    try:
        return Mode(text)
    except ValueError:
        raise insecure(f"YUNQIAN_MODE is {text!r}; it must be demo, production or test") from None


def _number(environ: Mapping[str, str], name: str, default: int, *, most: int) -> int:
    text = environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
        raise insecure(f"{name} is {text!r}; it must be a number from 1 to {most}")
    return int(text)


def _one_of(environ: Mapping[str, str], name: str, words: Sequence[str]) -> str:
    """One of the words, the first of which is the default."""
    text = environ.get(name) or words[0]
    if text not in words:
        raise insecure(f"{name} is {text!r}; it must be one of {', '.join(words)}")
    return text


def _driver(environ: Mapping[str, str], name: str, mode: Mode, connected: Sequence[str] = ()) -> str:
    """Who stands for the outside: a stand-in where nothing is at stake, nobody by default in production."""
    drivers = ("none", "sandbox") if mode is Mode.PRODUCTION else ("sandbox", "none")
    chosen = _one_of(environ, name, (*drivers, *connected))
    if chosen == "sandbox" and mode is Mode.PRODUCTION:
        raise insecure(f"{name} is sandbox, which believes everybody")
    return chosen


def _ports(environ: Mapping[str, str]) -> tuple[int, ...]:
    name = "YUNQIAN_CLIENT_PORTS"
    texts = (environ.get(name) or "17311").split(",")
    return tuple(_number({name: text.strip()}, name, 17311, most=65535) for text in texts)


def _time_zone(environ: Mapping[str, str]) -> str:
    name = environ.get("YUNQIAN_TIME_ZONE") or "Asia/Shanghai"
    if name not in available_timezones():
        raise insecure(f"YUNQIAN_TIME_ZONE is {name!r}, which is not the name of a time zone")
    return name


def _origins(environ: Mapping[str, str], mode: Mode, port: int) -> tuple[str, ...]:
    text = environ.get("YUNQIAN_ORIGINS", "")
    if not text and mode is not Mode.PRODUCTION:
        return (f"http://127.0.0.1:{port}", f"http://localhost:{port}")
    origins = tuple(part.strip() for part in text.split(",") if part.strip())
    if not origins:
        raise insecure("YUNQIAN_ORIGINS names no origin of the platform's pages")
    for origin in origins:
        if not _is_origin(origin):
            raise insecure(f"{origin!r} in YUNQIAN_ORIGINS is not scheme://host[:port]")
        if mode is Mode.PRODUCTION and not origin.startswith("https://"):
            raise insecure(f"{origin!r} in YUNQIAN_ORIGINS is not https")
    return origins


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    is_bare = text == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc
    return is_bare and parts.scheme in {"http", "https"} and bool(parts.hostname)


def _owner_database(environ: Mapping[str, str], home: Path, loaded: Secrets) -> Database | None:
    url = environ.get("YUNQIAN_OWNER_DATABASE_URL")
    if url:
        return _parse_url("YUNQIAN_OWNER_DATABASE_URL", url)
    return None if environ.get("YUNQIAN_DATABASE_URL") else embedded_database(home, loaded, "owner")


def _parse_url(name: str, url: str) -> Database:
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        parts = {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None}
        host, database, user = parts.pop("host"), parts.pop("dbname"), parts.pop("user")
        port, password = int(parts.pop("port", "5432")), parts.pop("password", "")
    except (ProgrammingError, KeyError, ValueError):
        raise insecure(f"{name} is not postgresql://role:password@host[:port]/database") from None
    return Database(host, port, database, user, password, parts)


def _refuse_demo_parts(config: Config) -> None:
    owner = config.owner_database
    reasons = {
        "the secrets were made for a demo": config.secrets.is_demo,
        "the certificate authority in ca/ is the demo's": (config.home / "ca" / DEMO_MARK).exists(),
        "application and owner use the same database role": owner is not None
        and owner.user == config.database.user,
    }
    for reason, is_so in reasons.items():
        if is_so:
            raise insecure(reason)
