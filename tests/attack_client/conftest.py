"""Fixtures of the attacks on the security client and on what the platform does for keys."""

from tests.agent.conftest import certificate, client, key_template

__all__ = ["certificate", "client", "key_template"]
