"""What the clouds are asked with: complete or refused at the start, and no secret of it ever shown."""

from pathlib import Path

import pytest

from yunqian.problems import Problem, Refused
from yunqian.server.console import doctor
from yunqian.server.settings import config, secrets

pytestmark = pytest.mark.usefixtures("no_database")
SECRET = "a-secret-that-is-long-enough"
SMS = {
    "YUNQIAN_SMS": "tencent",
    "YUNQIAN_SMS_SIGNATURE": "云签",
    "YUNQIAN_SMS_TEMPLATES": "code=1,invitation=2, addressed=SMS_3",
    "YUNQIAN_SMS_APP": "1400006666",
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    secrets.make_if_absent(home / "secrets.json", is_demo=False)
    for name in ("aliyun", "tencent"):
        write(home / f"{name}.key", f"{name}-id\n{SECRET}\n")
    return home


@pytest.fixture
def production(home: Path) -> dict[str, str]:
    return {"YUNQIAN_HOME": str(home), "YUNQIAN_ORIGINS": "https://sign.example.com"}


def write(path: Path, text: str, mode: int = 0o600) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def refused(environ: dict[str, str]) -> str:
    with pytest.raises(Refused) as caught:
        config.read(environ)
    assert caught.value.problem is Problem.CONFIG_INSECURE
    assert SECRET not in str(caught.value.facts)
    return str(caught.value.facts["detail"])


def test_nothing_of_a_cloud_is_read_that_is_not_chosen(production, home):
    (home / "aliyun.key").unlink()
    (home / "tencent.key").unlink()
    clouds = config.read(production).clouds
    assert (clouds.aliyun_key, clouds.tencent_key) == (None, None)
    assert (clouds.sms_url, clouds.realname_url) == ("", "")


def test_each_chosen_cloud_has_its_own_address_and_key(production):
    read = config.read(production | SMS | {"YUNQIAN_REALNAME": "aliyun"})
    clouds = read.clouds
    assert (read.sms_driver, read.realname_driver) == ("tencent", "aliyun")
    assert clouds.sms_url == "https://sms.tencentcloudapi.com/"
    assert clouds.realname_url == "https://cloudauth.aliyuncs.com/"
    assert clouds.aliyun_key is not None
    assert clouds.tencent_key is not None
    assert (clouds.aliyun_key.id, clouds.tencent_key.id) == ("aliyun-id", "tencent-id")
    assert clouds.sms_templates == {"code": "1", "invitation": "2", "addressed": "SMS_3"}


def test_the_secret_of_a_key_is_not_shown(production):
    read = config.read(production | SMS | {"YUNQIAN_REALNAME": "aliyun"})
    assert read.clouds.aliyun_key is not None
    assert read.clouds.aliyun_key.secret == SECRET
    assert SECRET not in repr(read)


@pytest.mark.parametrize("name", ["YUNQIAN_SMS", "YUNQIAN_REALNAME", "YUNQIAN_COMPANY_REGISTER"])
def test_production_refuses_every_stand_in_and_connects_nobody_by_itself(production, name):
    assert f"{name} is sandbox" in refused(production | {name: "sandbox"})
    read = config.read(production)
    assert {read.sms_driver, read.realname_driver, read.company_driver} == {"none"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"YUNQIAN_SMS": "twilio"}, "must be one of none, sandbox, aliyun, tencent"),
        ({"YUNQIAN_COMPANY_REGISTER": "aliyun"}, "must be one of none, sandbox"),
        ({"YUNQIAN_SMS_SIGNATURE": ""}, "YUNQIAN_SMS_SIGNATURE is not set"),
        ({"YUNQIAN_SMS_TEMPLATES": ""}, "lacks code, invitation, addressed"),
        ({"YUNQIAN_SMS_TEMPLATES": "code=1,invitation=2"}, "lacks addressed"),
        ({"YUNQIAN_SMS_TEMPLATES": "code"}, "is not code="),
        ({"YUNQIAN_SMS_TEMPLATES": "other=1"}, "is not code="),
        ({"YUNQIAN_SMS_APP": ""}, "YUNQIAN_SMS_APP is not a number"),
        ({"YUNQIAN_SMS_APP": "１４００"}, "YUNQIAN_SMS_APP is not a number"),
        ({"YUNQIAN_SMS_URL": "http://sms.tencentcloudapi.com/"}, "must be https"),
        ({"YUNQIAN_REALNAME_URL": "http://169.254.169.254/"}, "must be https"),
    ],
)
def test_what_is_missing_or_insecure_refuses_the_start_with_its_reason(production, change, reason):
    assert reason in refused(production | SMS | change)


@pytest.mark.parametrize(
    ("text", "mode", "reason"),
    [
        (None, 0, "cannot be read"),
        (f"id\n{SECRET}\n", 0o640, "may be read by others"),
        (f"id\n{SECRET}\n", 0o604, "may be read by others"),
        ("", 0o600, "is not an ID and a secret"),
        (f"{SECRET}\n", 0o600, "is not an ID and a secret"),
        ("id\nshort\n", 0o600, "is not an ID and a secret"),
        (f"id\n{SECRET}\nmore\n", 0o600, "is not an ID and a secret"),
        (f"id\n{SECRET}\x00\n", 0o600, "is not an ID and a secret"),
        (f"钥匙\n{SECRET}\n", 0o600, "cannot be read"),
    ],
)
def test_an_access_key_is_whole_and_ones_own_or_refuses_the_start(production, home, text, mode, reason):
    (home / "tencent.key").unlink()
    if text is not None:
        write(home / "tencent.key", text, mode)
    assert reason in refused(production | SMS)


def test_inside_a_clouds_own_network_an_address_is_allowed_by_its_name(production):
    inside = {"YUNQIAN_SMS_URL": "http://sms.internal/", "YUNQIAN_CLOUD_ALLOWED_HOSTS": "SMS.internal, x"}
    read = config.read(production | SMS | inside)
    assert (read.clouds.sms_url, read.clouds.allowed_hosts) == ("http://sms.internal/", ("sms.internal", "x"))


def test_the_page_of_settings_names_every_one_of_them_once():
    names = [variable.name for variable in doctor.variables()]
    assert len(set(names)) == len(names)
    assert {"YUNQIAN_ALIYUN_KEY", "YUNQIAN_TENCENT_KEY", "YUNQIAN_SMS_TEMPLATES", *SMS} <= set(names)
