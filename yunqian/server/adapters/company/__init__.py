"""The register of companies."""

import functools

from yunqian.problems import Problem, Refused
from yunqian.server import settings
from yunqian.server.adapters.company.port import CompanyRegister, Verdict
from yunqian.server.adapters.company.sandbox import SandboxRegister

__all__ = ["CompanyRegister", "Verdict", "current"]

FOLDER = "company"


@functools.cache
def current() -> CompanyRegister:
    """The configured register of this process. Raises Refused(REGISTER_UNAVAILABLE) where none is connected."""
    config = settings.current()
    if config.company_driver == "sandbox":
        return SandboxRegister(config.home / FOLDER)
    raise Refused(Problem.REGISTER_UNAVAILABLE)
