"""What the clouds are asked with that send short messages and check real names: addresses, access keys, wordings."""

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from yunqian.server.settings.addresses import allowed_hosts, outside_url
from yunqian.server.settings.secrets import insecure
from yunqian.server.settings.variable import Variable

DRIVERS = ("aliyun", "tencent")
WORDINGS = ("code", "invitation", "addressed")
_SMS = {"aliyun": "https://dysmsapi.aliyuncs.com/", "tencent": "https://sms.tencentcloudapi.com/"}
_REALNAME = {"aliyun": "https://cloudauth.aliyuncs.com/", "tencent": "https://faceid.tencentcloudapi.com/"}
_HOSTS = "YUNQIAN_CLOUD_ALLOWED_HOSTS"
_SHORTEST_SECRET = 16


@dataclass(frozen=True, slots=True)
class AccessKey:
    """By which a cloud knows this platform. The secret never shows."""

    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Clouds:
    """Everything about the clouds that may differ between two installations."""

    aliyun_key: Annotated[
        AccessKey | None,
        Variable(
            "YUNQIAN_ALIYUN_KEY",
            "`aliyun.key` in the home folder",
            "File with an access key of Alibaba Cloud, mode 0600: its ID on the first line, its secret on the second. "
            "Read where YUNQIAN_SMS or YUNQIAN_REALNAME is `aliyun`.",
        ),
    ]
    tencent_key: Annotated[
        AccessKey | None,
        Variable(
            "YUNQIAN_TENCENT_KEY",
            "`tencent.key` in the home folder",
            "The same of Tencent Cloud: SecretId on the first line, SecretKey on the second.",
        ),
    ]
    sms_url: Annotated[
        str,
        Variable("YUNQIAN_SMS_URL", "the cloud's own", "Address that sends short messages, https."),
    ]
    realname_url: Annotated[
        str,
        Variable("YUNQIAN_REALNAME_URL", "the cloud's own", "Address that checks real names, https."),
    ]
    allowed_hosts: Annotated[
        tuple[str, ...],
        Variable(
            _HOSTS,
            "none",
            "Hosts of both, separated by commas, that may be asked over plain http or at an address that is not "
            "public, as inside the cloud's own network.",
        ),
    ]
    sms_signature: Annotated[
        str,
        Variable("YUNQIAN_SMS_SIGNATURE", "none", "The approved signature (签名) that short messages carry."),
    ]
    sms_templates: Annotated[
        Mapping[str, str],
        Variable(
            "YUNQIAN_SMS_TEMPLATES",
            "none",
            "The approved wordings' numbers: `code=…,invitation=…,addressed=…`. The wordings to be submitted are in "
            "`yunqian/server/adapters/sms/port.py`.",
        ),
    ]
    sms_app: Annotated[
        str,
        Variable("YUNQIAN_SMS_APP", "none", "SmsSdkAppId of Tencent Cloud; Alibaba Cloud needs none."),
    ]


def read(environ: Mapping[str, str], home: Path, *, sms: str, realname: str) -> Clouds:
    """What the chosen drivers need, and nothing of a cloud that is not chosen.

    Raises Refused(CONFIG_INSECURE) where a chosen cloud lacks its access key, or messages their signature or wordings.
    """
    signature, app = environ.get("YUNQIAN_SMS_SIGNATURE", ""), environ.get("YUNQIAN_SMS_APP", "")
    templates = _templates(environ.get("YUNQIAN_SMS_TEMPLATES", ""))
    if sms in DRIVERS:
        _refuse_incomplete(sms, signature, templates, app)
    chosen = {sms, realname}
    return Clouds(
        aliyun_key=_key(environ, "YUNQIAN_ALIYUN_KEY", home / "aliyun.key") if "aliyun" in chosen else None,
        tencent_key=_key(environ, "YUNQIAN_TENCENT_KEY", home / "tencent.key")
        if "tencent" in chosen
        else None,
        sms_url=outside_url(environ, "YUNQIAN_SMS_URL", _HOSTS, default=_SMS.get(sms, "")),
        realname_url=outside_url(
            environ, "YUNQIAN_REALNAME_URL", _HOSTS, default=_REALNAME.get(realname, "")
        ),
        allowed_hosts=allowed_hosts(environ, _HOSTS),
        sms_signature=signature,
        sms_templates=templates,
        sms_app=app,
    )


def _templates(text: str) -> Mapping[str, str]:
    pairs = (part.strip() for part in text.split(",") if part.strip())
    found = [re.fullmatch(r"(\w+)=([\w-]+)", pair, re.ASCII) for pair in pairs]
    if not all(one and one[1] in WORDINGS for one in found):
        raise insecure("YUNQIAN_SMS_TEMPLATES is not code=…,invitation=…,addressed=…")
    return {one[1]: one[2] for one in found if one}


def _refuse_incomplete(driver: str, signature: str, templates: Mapping[str, str], app: str) -> None:
    if not signature:
        raise insecure(f"YUNQIAN_SMS is {driver}, but YUNQIAN_SMS_SIGNATURE is not set")
    missing = [name for name in WORDINGS if name not in templates]
    if missing:
        raise insecure(f"YUNQIAN_SMS_TEMPLATES lacks {', '.join(missing)}")
    if driver == "tencent" and not re.fullmatch(r"\d{1,20}", app, re.ASCII):
        raise insecure("YUNQIAN_SMS is tencent, but YUNQIAN_SMS_APP is not a number")


def _key(environ: Mapping[str, str], name: str, default: Path) -> AccessKey:
    """The access key; nothing of it is in a refusal."""
    path = Path(environ.get(name) or default)
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise insecure(f"the file of {name} may be read by others; set its mode to 0600")
        lines = path.read_text(encoding="ascii").split()
    except (OSError, ValueError) as error:
        raise insecure(f"the file of {name} cannot be read ({type(error).__name__})") from None
    if len(lines) != 2 or len(lines[1]) < _SHORTEST_SECRET or not all(line.isprintable() for line in lines):
        raise insecure(f"the file of {name} is not an ID and a secret on two lines")
    return AccessKey(*lines)
