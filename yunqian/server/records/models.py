"""The list of all records, where Django looks for them."""

from yunqian.server.records.audit import AuditEvent
from yunqian.server.records.ceremony import Ceremony, SignOrder
from yunqian.server.records.certificate import Certificate
from yunqian.server.records.document import Document, Revision, Upload
from yunqian.server.records.envelope import Envelope
from yunqian.server.records.invitation import Invitation
from yunqian.server.records.keycare import Enrolment, Unlock
from yunqian.server.records.login import LoginAttempt, LoginChallenge, OpenSession
from yunqian.server.records.member import Department, Grant, Member, Role, RoleHolder
from yunqian.server.records.person import Person
from yunqian.server.records.recipient import Recipient
from yunqian.server.records.seal import Seal, SealCertificate, SealGrant
from yunqian.server.records.tenant import Tenant

__all__ = [
    "AuditEvent",
    "Ceremony",
    "Certificate",
    "Department",
    "Document",
    "Enrolment",
    "Envelope",
    "Grant",
    "Invitation",
    "LoginAttempt",
    "LoginChallenge",
    "Member",
    "OpenSession",
    "Person",
    "Recipient",
    "Revision",
    "Role",
    "RoleHolder",
    "Seal",
    "SealCertificate",
    "SealGrant",
    "SignOrder",
    "Tenant",
    "Unlock",
    "Upload",
]
