/** Where the words of a search stand in a name, compared as the server compares: width and case make no difference. */
export interface Piece {
  text: string
  isFound: boolean
}

const fold = (sign: string) => sign.normalize('NFKC').toLowerCase().replaceAll('ß', 'ss').replaceAll('ς', 'σ')

/** The name cut into what was found and what lies between; together they are the name, sign by sign. */
export function marked(name: string, query: string): Piece[] {
  const signs = [...name]
  const owners: number[] = [] // for every character of the folded name, which sign it comes from
  let folded = ''
  for (const [at, sign] of signs.entries()) {
    for (const one of fold(sign)) {
      folded += one
      for (let unit = 0; unit < one.length; unit += 1) owners.push(at)
    }
  }
  const found = signs.map(() => false)
  for (const word of fold(query).split(/\s+/u).filter(Boolean)) {
    for (let at = folded.indexOf(word); at >= 0; at = folded.indexOf(word, at + word.length)) {
      for (let unit = at; unit < at + word.length; unit += 1) found[owners[unit] ?? 0] = true
    }
  }
  return signs.reduce<Piece[]>((pieces, sign, at) => {
    const last = pieces.at(-1)
    const isFound = found[at] ?? false
    if (last?.isFound === isFound) last.text += sign
    else pieces.push({ text: sign, isFound })
    return pieces
  }, [])
}
