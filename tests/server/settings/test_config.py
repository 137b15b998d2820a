"""The Config: typed, frozen, and refusing in production what is only right in a demo."""

import dataclasses
from pathlib import Path

import pytest

from yunqian.problems import Problem, Refused
from yunqian.server.console import doctor
from yunqian.server.settings import Config, Mode, config, secrets
from yunqian.server.settings.clouds import Clouds
from yunqian.server.settings.mail import MailSettings

pytestmark = pytest.mark.usefixtures("no_database")
ORIGIN = "https://sign.example.com"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def production(home: Path) -> dict[str, str]:
    """A production environment with nothing wrong."""
    secrets.make_if_absent(home / "secrets.json", is_demo=False)
    return {"YUNQIAN_HOME": str(home), "YUNQIAN_ORIGINS": ORIGIN}


def refused(environ: dict[str, str]) -> str:
    with pytest.raises(Refused) as caught:
        config.read(environ)
    assert caught.value.problem is Problem.CONFIG_INSECURE
    return str(caught.value.facts["detail"])


def test_production_is_the_default_and_is_secure(production):
    read = config.read(production)
    assert read.mode is Mode.PRODUCTION
    assert read.is_secure
    assert not read.is_demo
    assert read.origins == (ORIGIN,)
    assert read.is_embedded


def test_a_demo_needs_nothing_and_makes_its_secrets_once(home):
    first = config.read({"YUNQIAN_MODE": "demo", "YUNQIAN_HOME": str(home), "YUNQIAN_PORT": "9000"})
    assert first.origins == ("http://127.0.0.1:9000", "http://localhost:9000")
    assert first.is_demo
    assert not first.is_secure
    assert first.secrets.is_demo
    again = config.read({"YUNQIAN_MODE": "demo", "YUNQIAN_HOME": str(home)})
    assert again.secrets == first.secrets


def test_is_frozen_and_shows_no_secret(production):
    read = config.read(production)
    with pytest.raises(dataclasses.FrozenInstanceError):
        read.port = 1  # type: ignore[misc]
    shown = repr(read)
    for role in ("admin", "owner", "app"):
        assert read.secrets.password(role) not in shown
    assert "Secrets(…)" in shown


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"YUNQIAN_MODE": "staging"}, "must be demo, production or test"),
        ({"YUNQIAN_ORIGINS": ""}, "names no origin"),
        ({"YUNQIAN_ORIGINS": "http://sign.example.com"}, "is not https"),
        ({"YUNQIAN_ORIGINS": f"{ORIGIN},http://localhost:8000"}, "is not https"),
        ({"YUNQIAN_ORIGINS": f"{ORIGIN}/"}, "is not scheme://host"),
        ({"YUNQIAN_ORIGINS": "https://user@sign.example.com"}, "is not scheme://host"),
        ({"YUNQIAN_ORIGINS": "https://"}, "is not scheme://host"),
        ({"YUNQIAN_ORIGINS": "https://a:99999"}, "is not scheme://host"),
        ({"YUNQIAN_ORIGINS": "*"}, "is not scheme://host"),
        ({"YUNQIAN_PORT": "0"}, "YUNQIAN_PORT"),
        ({"YUNQIAN_PORT": "65536"}, "YUNQIAN_PORT"),
        ({"YUNQIAN_PORT": "８０００"}, "YUNQIAN_PORT"),
        ({"YUNQIAN_PORT": "-1"}, "YUNQIAN_PORT"),
        ({"YUNQIAN_TRUSTED_PROXIES": "10.0.0.1/8"}, "neither an address nor a network"),
        ({"YUNQIAN_TRUSTED_PROXIES": "10.0.0.1,proxy.example.com"}, "'proxy.example.com' in YUNQIAN_TRUSTED"),
        ({"YUNQIAN_TRUSTED_PROXIES": "*"}, "neither an address nor a network"),
        ({"YUNQIAN_TRUSTED_PROXIES": "::/0"}, "trusts every address"),
        ({"YUNQIAN_CLIENT_PORTS": "17311,x"}, "YUNQIAN_CLIENT_PORTS"),
        ({"YUNQIAN_UPLOAD_LIMIT_BYTES": "50MB"}, "YUNQIAN_UPLOAD_LIMIT_BYTES"),
        ({"YUNQIAN_TIME_ZONE": "Mars/Olympus"}, "not the name of a time zone"),
        ({"YUNQIAN_DATABASE_URL": "mysql://a"}, "YUNQIAN_DATABASE_URL"),
        ({"YUNQIAN_DATABASE_URL": "postgresql://host/name"}, "YUNQIAN_DATABASE_URL"),
        (
            {
                "YUNQIAN_DATABASE_URL": "postgresql://a:p@h/d",
                "YUNQIAN_OWNER_DATABASE_URL": "postgresql://a:p@h/d",
            },
            "same database role",
        ),
    ],
)
def test_a_wrong_value_refuses_with_the_reason(production, change, reason):
    assert reason in refused(production | change)


def test_production_refuses_to_make_secrets_by_itself(home):
    assert "--new-secrets" in refused({"YUNQIAN_HOME": str(home), "YUNQIAN_ORIGINS": ORIGIN})
    assert not home.exists()


def test_production_refuses_the_secrets_of_a_demo(home):
    config.read({"YUNQIAN_MODE": "demo", "YUNQIAN_HOME": str(home)})
    assert "made for a demo" in refused({"YUNQIAN_HOME": str(home), "YUNQIAN_ORIGINS": ORIGIN})


def test_production_refuses_the_demos_certificate_authority(production, home):
    (home / "ca").mkdir()
    (home / "ca" / config.DEMO_MARK).touch()
    assert "the demo's" in refused(production)


def test_a_database_of_ones_own_is_read_from_its_address(production):
    read = config.read(
        production
        | {
            "YUNQIAN_DATABASE_URL": "postgresql://app:p%40ss@db.example.com:6432/signing?sslmode=verify-full",
            "YUNQIAN_OWNER_DATABASE_URL": "postgresql://owner:secret@db.example.com/signing",
        }
    )
    assert not read.is_embedded
    assert read.database.for_django() == {
        "HOST": "db.example.com",
        "PORT": "6432",
        "NAME": "signing",
        "USER": "app",
        "PASSWORD": "p@ss",
    }
    assert read.database.for_psycopg()["sslmode"] == "verify-full"
    assert read.owner_database is not None
    assert read.owner_database.user == "owner"
    assert read.owner_database.port == 5432


def test_a_server_need_not_know_the_owner_of_the_tables(production):
    read = config.read(production | {"YUNQIAN_DATABASE_URL": "postgresql://app:p@db.example.com/signing"})
    assert read.owner_database is None


def test_the_socket_moves_to_a_short_folder_when_its_path_is_too_long():
    assert config.socket_folder(Path("/srv/yunqian")) == Path("/srv/yunqian/run")
    long = Path("/srv", "很长的文件夹名称" * 4)
    short = config.socket_folder(long)
    assert short.name.startswith("yunqian-")
    assert short == config.socket_folder(long)
    assert short != config.socket_folder(long / "other")


def test_the_page_on_configuration_is_what_config_says():
    page = Path(config.CHECKOUT, "docs", "configuration.md").read_text(encoding="utf-8")
    assert page == doctor.configuration_page(), "run `yunqian doctor --print-configuration`"
    documented = {variable.name for variable in doctor.variables()}
    fields = {field.name for field in dataclasses.fields(Config)} - {"is_embedded", "clouds", "mail"}
    parts = [*dataclasses.fields(Clouds), *dataclasses.fields(MailSettings)]
    assert len(documented) == len(fields) + len(parts)
    assert all(f"`{name}`" in page for name in documented)


def test_a_time_stamp_authority_is_asked_by_https_or_allowed_by_name(production):
    assert config.read(production).tsa_url == ""
    read = config.read(production | {"YUNQIAN_TSA_URL": "https://tsa.example/rfc3161"})
    assert (read.tsa_url, read.tsa_allowed_hosts) == ("https://tsa.example/rfc3161", ())
    plain = production | {"YUNQIAN_TSA_URL": "http://tsa.intra:8080/"}
    assert "https" in refused(plain)
    assert "https" in refused(plain | {"YUNQIAN_TSA_ALLOWED_HOSTS": "other.intra"})
    read = config.read(plain | {"YUNQIAN_TSA_ALLOWED_HOSTS": "Other.intra, TSA.intra"})
    assert read.tsa_allowed_hosts == ("other.intra", "tsa.intra")
    assert "address" in refused(production | {"YUNQIAN_TSA_URL": "https://[tsa/"})


def test_a_certificate_authority_is_asked_by_https_or_allowed_by_name(production, tmp_path):
    read = config.read(production)
    assert (read.ca_url, read.ca_ocsp_url, read.ca_reference, read.ca_allowed_hosts) == ("", "", "", ())
    assert read.ca_secret == read.home / "ca" / "cmp.secret"
    for name in ("YUNQIAN_CA_URL", "YUNQIAN_CA_OCSP_URL"):
        plain = production | {name: "http://ca.intra:829/pkix/"}
        assert "https" in refused(plain)
        allowed = config.read(plain | {"YUNQIAN_CA_ALLOWED_HOSTS": "CA.intra"})
        assert allowed.ca_allowed_hosts == ("ca.intra",)
        assert "address" in refused(production | {name: "https://[ca/"})
    own = config.read(production | {"YUNQIAN_CA_SECRET": str(tmp_path / "secret")})
    assert own.ca_secret == (tmp_path / "secret").resolve()
