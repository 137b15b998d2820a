/** The two languages, of which a browser fetches the one that is read; the choice is remembered on this computer. */
import { createI18n } from 'vue-i18n'

const STORED = 'yunqian.language'
export type Language = 'zh-CN' | 'en'
const WORDS = { 'zh-CN': () => import('./zh-CN'), en: () => import('./en') }

function first(): Language {
  const stored = localStorage.getItem(STORED)
  if (stored === 'zh-CN' || stored === 'en') return stored
  return navigator.language.startsWith('en') ? 'en' : 'zh-CN'
}

export const i18n = createI18n({ legacy: false, locale: first() as string, messages: {} })

/** Fetch the words of a language and speak it. */
async function speak(language: Language): Promise<void> {
  const words = await WORDS[language]()
  i18n.global.setLocaleMessage(language, words.default)
  i18n.global.locale.value = language
  document.documentElement.lang = language
}

export async function chooseLanguage(language: Language): Promise<void> {
  await speak(language)
  localStorage.setItem(STORED, language)
}

/** Resolves when there are words to show. */
export const spoken = speak(first())
