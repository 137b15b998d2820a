"""Whether a certificate names whom it is to be bound to: decided on plain values (manual 2(2)).

A number decides where the certificate states one; a name alone never does, because names are not unique. What is not
clear is no match: then somebody who knows the person decides.
"""

from dataclasses import dataclass

from yunqian.crypto import digests
from yunqian.crypto.identities import Identity
from yunqian.rules import identity


@dataclass(frozen=True)
class Holder:
    """Whom the certificate is to be bound to, as far as the platform has verified him.

    `organization` is empty for a person in his own space. `id_number` is a person's, `code` an organization's; None
    where nothing was verified.
    """

    name: str
    organization: str = ""
    id_number: str | None = None
    code: str | None = None


def is_person(found: Identity, holder: Holder) -> bool:
    """The name, and the ID number or its digest; without a number in it the organization beside the name."""
    if not identity.same_name(found.name, holder.name):
        return False
    if found.names_a_person:
        return holder.id_number is not None and _is_number(found, holder.id_number)
    return bool(holder.organization) and identity.same_name(found.organization, holder.organization)


def is_organization(found: Identity, holder: Holder) -> bool:
    """The verified unified social credit code and the name: certificates of employees carry the code too."""
    return (
        holder.code is not None and holder.code in found.codes and identity.same_name(found.name, holder.name)
    )


def _is_number(found: Identity, number: str) -> bool:
    """Every number and digest that is stated is of this person, so that no certificate names two."""
    of_him = {digests.of(name, number.encode()).hex() for name in ("sha256", digests.SM3)}
    return found.person_numbers <= {number} and found.person_digests <= of_him
