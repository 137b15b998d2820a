import { createApp } from 'vue'
import { createI18n } from 'vue-i18n'
import { describe, expect, it } from 'vitest'
import type { Answer, SignatureReport } from '@/api/schema'
import en from '@/words/en'
import zhCN from '@/words/zh-CN'
import SignatureCard from './SignatureCard.vue'

const answers: Record<string, Answer> = { crypto: 'valid', coverage: 'invalid', seal: 'not_applicable', membership: 'not_applicable', trust: 'indeterminate' }

const signature: SignatureReport = {
  fields: ['甲方'],
  pages: [1, 2],
  signer: '李明',
  issuer: '测试签发机构',
  certificate_sha256: null,
  claimed_at: '2026-11-22T10:00:00Z',
  stamped_at: null,
  proven_at: null,
  algorithm: 'SM2-SM3',
  revision: 2,
  signed_bytes: 1000,
  is_timestamp: false,
  verdict: 'invalid',
  findings: Object.entries(answers).map(([check, verdict]) => ({ check, verdict, zh: `中文${check}`, en: `english ${check}` })) as unknown as SignatureReport['findings'],
  later: [{ revision: 3, changes: ['page'], zh: '页面被改动', en: 'pages were changed', is_allowed: false }],
}

function shown(locale: 'zh-CN' | 'en', told: SignatureReport = signature): HTMLElement {
  const place = document.createElement('div')
  const app = createApp(SignatureCard, { signature: told })
  app.use(createI18n({ legacy: false, locale, messages: { 'zh-CN': zhCN, en } })).mount(place)
  return place
}

describe('SignatureCard', () => {
  it('shows a light for each of the five questions, with its answer as words for those who see no colours', () => {
    const lights = [...shown('zh-CN').querySelectorAll('.lights li')]
    expect(lights.map((one) => one.getAttribute('data-verdict'))).toEqual(Object.values(answers))
    expect(lights.map((one) => one.textContent?.replace(/\s+/g, ''))).toEqual([
      '✓签名值是否正确：有效',
      '✗签后有无改动：无效',
      '–印章是否真实：不适用',
      '–是否有权用章：不适用',
      '?证书与时间：无法确认',
    ])
  })

  it('opens the reasons of a signature that is not valid, and names later changes', () => {
    const place = shown('en')
    expect(place.querySelector('details')?.open).toBe(true)
    expect(place.querySelector('[data-test=finding-coverage]')?.textContent).toContain('english coverage')
    expect(place.querySelector('[data-test=later]')?.getAttribute('data-allowed')).toBe('false')
    expect(place.querySelector('[data-test=later]')?.textContent).toContain('pages were changed')
  })

  it('says that a time stamp is one', () => {
    expect(shown('zh-CN', { ...signature, is_timestamp: true }).querySelector('header')?.textContent).toContain('文件时间戳：李明')
  })
})
