/**
 * The screens' words. `zh-CN/<area>.json` and `en/<area>.json`: the file's name is the first part
 * of the key, so `wall.json` holds `wall.…`. tests/locales.test.ts compares the two with each other
 * and with what the pages use.
 */
import { createI18n } from 'vue-i18n'

import { firstLanguage, remember, type Language } from './language'

interface Words {
  [key: string]: string | Words
}

const files = import.meta.glob<Words>('./{zh-CN,en}/*.json', { eager: true, import: 'default' })

function catalogue(language: Language): Words {
  const words: Words = {}
  for (const [path, part] of Object.entries(files)) {
    const [, folder, file] = path.split('/')
    if (folder === language && file !== undefined) words[file.replace('.json', '')] = part
  }
  return words
}

export const i18n = createI18n<[Words], Language, false>({
  legacy: false,
  locale: firstLanguage(),
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': catalogue('zh-CN'), en: catalogue('en') },
})

export function currentLanguage(): Language {
  return i18n.global.locale.value
}

export function speak(language: Language): void {
  i18n.global.locale.value = language
  document.documentElement.lang = language
  remember(language)
}
