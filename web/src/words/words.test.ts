import { expect, test } from 'vitest'
import en from './en'
import zhCN from './zh-CN'

/** Every text by its path, e.g. `panel.save`. */
function texts(words: object, path = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [name, value] of Object.entries(words) as [string, string | object][]) {
    if (typeof value === 'string') found.set(path + name, value)
    else for (const [inner, text] of texts(value, `${path}${name}.`)) found.set(inner, text)
  }
  return found
}

const [zhTexts, enTexts] = [texts(zhCN), texts(en)]
const facts = (text: string) => [...new Set(text.match(/{\w+}/g))].sort()

test('both languages have the same texts', () => {
  expect([...enTexts.keys()].sort()).toEqual([...zhTexts.keys()].sort())
})

test.each([...zhTexts])('%s takes the same facts in both languages', (name, text) => {
  expect(facts(enTexts.get(name) ?? '')).toEqual(facts(text))
})
