import { fileURLToPath } from 'node:url'
import importX, { createNodeResolver } from 'eslint-plugin-import-x'
import vue from 'eslint-plugin-vue'
import tseslint from 'typescript-eslint'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

/** Floors of web/src: a room may import only what stands below it. */
const above = {
  parts: ['pages', 'panel', 'agent'],
  agent: ['pages', 'panel', 'parts'],
  api: ['pages', 'panel', 'parts', 'agent'],
  panel: ['pages'],
}

export default tseslint.config(
  { ignores: ['dist', 'node_modules'] },
  ...tseslint.configs.strict,
  ...vue.configs['flat/recommended'],
  {
    files: ['**/*.{ts,vue}'],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
  },
  {
    plugins: { 'import-x': importX },
    settings: {
      'import-x/extensions': ['.ts', '.vue'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'], 'vue-eslint-parser': ['.vue'] },
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.vue', '.js', '.mjs'], tsconfig: { configFile: here('./tsconfig.json') } })],
    },
    rules: {
      'import-x/no-cycle': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      'vue/multi-word-component-names': 'off',
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'max-lines': ['error', 300],
    },
  },
  { files: ['src/api/schema.ts', 'src/api/problems.ts', 'src/words/*.ts'], rules: { 'max-lines': 'off' } },
  ...Object.entries(above).map(([room, rooms]) => ({
    files: [`src/${room}/**`],
    rules: { 'no-restricted-imports': ['error', { patterns: rooms.map((name) => `@/${name}/*`) }] },
  })),
)
