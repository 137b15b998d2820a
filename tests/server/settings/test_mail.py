"""The relay that is configured: an address, a security, a login that goes over no open line."""

from pathlib import Path

import pytest

from yunqian.problems import Problem, Refused
from yunqian.server.settings import mail
from yunqian.server.settings.mail import Security

pytestmark = pytest.mark.usefixtures("no_database")
GOOD = {"YUNQIAN_MAIL_FROM": "no-reply@example.cn", "YUNQIAN_MAIL_URL": "smtps://mail.example.cn"}


def secret(home: Path, mode: int = 0o600, text: str = "correct horse\n") -> None:
    (home / "mail.secret").write_text(text, encoding="utf-8")
    (home / "mail.secret").chmod(mode)


@pytest.mark.parametrize(
    ("url", "security", "port"),
    [
        ("smtps://mail.example.cn", Security.TLS, 465),
        ("smtp://mail.example.cn", Security.STARTTLS, 587),
        ("smtp://mail.example.cn:2525", Security.STARTTLS, 2525),
        ("smtp+plain://relay", Security.NONE, 25),
    ],
)
def test_the_scheme_is_the_security(tmp_path: Path, url: str, security: Security, port: int):
    found = mail.read(GOOD | {"YUNQIAN_MAIL_URL": url}, tmp_path, driver="smtp").relay
    assert found is not None
    assert (found.security, found.port, found.user) == (security, port, "")


def test_a_login_reads_its_password_from_a_file_of_its_own(tmp_path: Path):
    secret(tmp_path)
    found = mail.read(GOOD | {"YUNQIAN_MAIL_USER": "platform"}, tmp_path, driver="smtp").relay
    assert found is not None
    assert (found.user, found.secret, "horse" in repr(found)) == ("platform", "correct horse", False)


def test_where_nobody_sends_mail_nothing_is_read(tmp_path: Path):
    assert mail.read({"YUNQIAN_MAIL_URL": "nonsense"}, tmp_path, driver="none").relay is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"YUNQIAN_MAIL_FROM": "nobody"},
        {"YUNQIAN_MAIL_URL": ""},
        {"YUNQIAN_MAIL_URL": "https://mail.example.cn"},
        {"YUNQIAN_MAIL_URL": "smtps://user:word@mail.example.cn"},
        {"YUNQIAN_MAIL_URL": "smtps://mail.example.cn:99999"},
        {"YUNQIAN_MAIL_URL": "smtp+plain://relay", "YUNQIAN_MAIL_USER": "platform"},
        {"YUNQIAN_MAIL_USER": "platform", "YUNQIAN_MAIL_SECRET": "absent"},
    ],
)
def test_what_is_wrong_does_not_start(tmp_path: Path, wrong: dict[str, str]):
    with pytest.raises(Refused) as refused:
        mail.read(GOOD | wrong, tmp_path, driver="smtp")
    assert refused.value.problem is Problem.CONFIG_INSECURE


def test_a_password_that_others_may_read_does_not_start(tmp_path: Path):
    secret(tmp_path, 0o644)
    with pytest.raises(Refused) as refused:
        mail.read(GOOD | {"YUNQIAN_MAIL_USER": "platform"}, tmp_path, driver="smtp")
    assert "horse" not in refused.value.text("en")
