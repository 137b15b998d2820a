import { expect, test } from 'vitest'
import { marked } from './marked'

const found = (name: string, query: string) => marked(name, query).map((one) => (one.isFound ? `[${one.text}]` : one.text)).join('')

test.each([
  ['采购合同2026', '合同', '采购[合同]2026'],
  ['ＡＢＣ采购', 'abc', '[ＡＢＣ]采购'],
  ['Contract (Final)', 'FINAL con', '[Con]tract ([Final])'],
  ['合同合同', '合同', '[合同合同]'],
  ['采购合同', '   ', '采购合同'],
  ['100% 合同_1', '% _', '100[%] 合同[_]1'],
  ['㈱采购', '株', '[㈱]采购'],
  ['😀合同😀', '😀', '[😀]合同[😀]'],
  ['采购', '没有', '采购'],
])('in %s the words %s are set off', (name, query, wanted) => {
  expect(found(name, query)).toBe(wanted)
})

test('nothing of a name is lost or made up', () => {
  const name = '  ﬁle Straße ９月😀.pdf'
  expect(marked(name, 'fi ss 9').map((one) => one.text).join('')).toBe(name)
})
