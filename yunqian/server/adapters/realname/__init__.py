"""The carrier's real-name check of name, ID number and mobile."""

import functools

from yunqian.problems import Problem, Refused
from yunqian.server import settings
from yunqian.server.adapters.acs3 import AlibabaCloud
from yunqian.server.adapters.realname.aliyun import AliyunCarrier
from yunqian.server.adapters.realname.port import CarrierCheck, Verdict
from yunqian.server.adapters.realname.sandbox import SandboxCarrier
from yunqian.server.adapters.realname.tencent import TencentCarrier
from yunqian.server.adapters.tc3 import TencentCloud
from yunqian.server.settings import Config

__all__ = ["CarrierCheck", "Verdict", "chosen", "current"]

FOLDER = "realname"
_SILENCE = Problem.REALNAME_UNAVAILABLE


@functools.cache
def current() -> CarrierCheck:
    """The configured provider of this process; see `chosen`."""
    return chosen(settings.current())


def chosen(config: Config) -> CarrierCheck:
    """The provider that YUNQIAN_REALNAME names. Raises Refused(REALNAME_UNAVAILABLE) where none is connected."""
    clouds = config.clouds
    url, hosts = clouds.realname_url, clouds.allowed_hosts
    if config.realname_driver == "sandbox":
        return SandboxCarrier(config.home / FOLDER)
    if config.realname_driver == "aliyun" and clouds.aliyun_key:
        return AliyunCarrier(AlibabaCloud(url, clouds.aliyun_key, silence=_SILENCE, allowed_hosts=hosts))
    if config.realname_driver == "tencent" and clouds.tencent_key:
        return TencentCarrier(TencentCloud(url, clouds.tencent_key, silence=_SILENCE, allowed_hosts=hosts))
    raise Refused(_SILENCE)
