/** Whom the page has chosen, in which order they sign, and how the server is told. */
import type { DraftRecipient, PersonRef, Contact, RecipientWanted, SigningOrder } from '@/api/schema'

/** Somebody chosen: by account, as somebody addressed before, or by name and number. */
export type Signer = Required<Pick<DraftRecipient, 'id' | 'name' | 'note' | 'is_copy' | 'is_company'>> & Pick<DraftRecipient, 'account' | 'mobile' | 'contact_id'>

const fresh = { note: '', is_copy: false, is_company: false, account: null, mobile: null, contact_id: null }

export const ofPerson = (person: PersonRef): Signer => ({ ...fresh, id: person.id, name: person.name, note: person.department ?? '', account: person.account ?? null })
export const ofContact = (contact: Contact): Signer => ({ ...fresh, id: `contact:${contact.id}`, name: contact.name, note: contact.note, contact_id: contact.id })
export const ofPhone = (name: string, mobile: string): Signer => ({ ...fresh, id: `mobile:${mobile.replace(/\D/g, '').slice(-11)}`, name: name.trim(), note: mobile.trim(), mobile: mobile.trim() })
export const ofDraft = (one: DraftRecipient): Signer => ({ ...fresh, ...one })

const address = (one: Signer) =>
  one.mobile ? { mobile: one.mobile, name: one.name } : one.contact_id ? { contact_id: one.contact_id } : { account: one.account ?? '' }

/** Each with his turn: all in the first, one after another, or people before who seals for the company. */
export function wanted(signers: readonly Signer[], order: SigningOrder): RecipientWanted[] {
  let place = 0
  return signers.map((one) => {
    if (one.is_copy) return { ...address(one), is_copy: true }
    place += 1
    const turn = order === 'in_turn' ? place : order === 'personal_first' && one.is_company ? 2 : 1
    return { ...address(one), turn }
  })
}

/** Those who sign in the first turn. */
export function first(signers: readonly Signer[], order: SigningOrder): Signer[] {
  const turns = wanted(signers, order)
  const lowest = Math.min(...turns.flatMap((one) => (one.is_copy ? [] : [one.turn ?? 1])))
  return signers.filter((_, index) => !turns[index]?.is_copy && turns[index]?.turn === lowest)
}
