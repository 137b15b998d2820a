"""Short messages to phones."""

import functools

from yunqian.problems import Problem, Refused
from yunqian.server import settings
from yunqian.server.adapters.acs3 import AlibabaCloud
from yunqian.server.adapters.sms.aliyun import AliyunSms
from yunqian.server.adapters.sms.port import Sms, Template
from yunqian.server.adapters.sms.sandbox import SandboxSms
from yunqian.server.adapters.sms.tencent import Approved, TencentSms
from yunqian.server.adapters.tc3 import TencentCloud
from yunqian.server.settings import Config

__all__ = ["Sms", "Template", "chosen", "current", "outbox"]

FOLDER = "sms"
_SILENCE = Problem.SMS_UNAVAILABLE


@functools.cache
def current() -> Sms:
    """The configured provider of this process; see `chosen`."""
    return chosen(settings.current())


def chosen(config: Config) -> Sms:
    """The provider that YUNQIAN_SMS names. Raises Refused(SMS_UNAVAILABLE) where none is connected."""
    clouds = config.clouds
    url, hosts = clouds.sms_url, clouds.allowed_hosts
    if config.sms_driver == "sandbox":
        return SandboxSms(config.home / FOLDER)
    if config.sms_driver == "aliyun" and clouds.aliyun_key:
        aliyun = AlibabaCloud(url, clouds.aliyun_key, silence=_SILENCE, allowed_hosts=hosts)
        return AliyunSms(aliyun, signature=clouds.sms_signature, templates=clouds.sms_templates)
    if config.sms_driver == "tencent" and clouds.tencent_key:
        tencent = TencentCloud(url, clouds.tencent_key, silence=_SILENCE, allowed_hosts=hosts)
        return TencentSms(tencent, Approved(clouds.sms_app, clouds.sms_signature, clouds.sms_templates))
    raise Refused(_SILENCE)


def outbox() -> SandboxSms:
    """The stand-in's outbox, for the demo's pages and for tests."""
    return SandboxSms(settings.current().home / FOLDER)
