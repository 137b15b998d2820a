/** The two languages; the choice is remembered on this computer. */
import { createI18n } from 'vue-i18n'
import en from './en'
import zhCN from './zh-CN'

const STORED = 'yunqian.language'
export type Language = 'zh-CN' | 'en'

function first(): Language {
  const stored = localStorage.getItem(STORED)
  if (stored === 'zh-CN' || stored === 'en') return stored
  return navigator.language.startsWith('en') ? 'en' : 'zh-CN'
}

export const i18n = createI18n({
  legacy: false,
  locale: first(),
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zhCN, en },
})

export function chooseLanguage(language: Language): void {
  i18n.global.locale.value = language
  localStorage.setItem(STORED, language)
  document.documentElement.lang = language
}

document.documentElement.lang = first()
