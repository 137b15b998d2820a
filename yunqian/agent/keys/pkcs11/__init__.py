"""Keys behind a PKCS#11 module (OASIS v2.40): listed without a PIN, one login per act, logged out after each.

The acts of one module never overlap (`Module.lock`), because a login counts for the whole process: with a second
session open, a wrong PIN would pass unseen (C_Login says "already logged in" and does not look).
"""

from yunqian.agent.keys.pkcs11.driver import Pkcs11Driver
from yunqian.agent.keys.pkcs11.key import Pkcs11Key
from yunqian.agent.keys.pkcs11.signing import SUITES

__all__ = ["SUITES", "Pkcs11Driver", "Pkcs11Key"]
