import { cp } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import Components from 'unplugin-vue-components/vite'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Without cmaps, fonts and decoders pdf.js shows blank places and still reports success: ship them all. */
function pdfAssets(): Plugin {
  let folder = ''
  return {
    name: 'pdf-assets',
    apply: 'build',
    configResolved: (config) => {
      folder = resolve(config.root, config.build.outDir, 'pdf')
    },
    async closeBundle() {
      for (const part of ['cmaps', 'standard_fonts', 'wasm', 'iccs']) {
        await cp(here(`./node_modules/pdfjs-dist/${part}`), resolve(folder, part), { recursive: true })
      }
    },
  }
}

export default defineConfig({
  plugins: [vue(), Components({ dts: false, resolvers: [ElementPlusResolver({ importStyle: 'css' })] }), pdfAssets()],
  resolve: { alias: { '@': here('./src') } },
  build: { target: 'es2022', manifest: true, sourcemap: false, chunkSizeWarningLimit: 1500 },
  server: { proxy: { '/api': 'http://127.0.0.1:8000', '/pki': 'http://127.0.0.1:8000', '/documents': 'http://127.0.0.1:8000' } },
  test: { environment: 'happy-dom', include: ['src/**/*.test.ts'] },
})
