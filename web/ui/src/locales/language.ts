/** Which language the screens speak: what was chosen here before, else the browser's, else Chinese. */

export const LANGUAGES = ['zh-CN', 'en'] as const
export type Language = (typeof LANGUAGES)[number]

/** Each language by its own name: this is the one thing that is never translated. */
export const NAMES: Record<Language, string> = { 'zh-CN': '中文', en: 'English' }

const KEY = 'hotline.language'

export function firstLanguage(): Language {
  const chosen = localStorage.getItem(KEY)
  return LANGUAGES.find((language) => language === chosen) ?? spoken(navigator.languages)
}

/** The first of our languages among those that a reader prefers. */
export function spoken(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    const primary = tag.toLowerCase().split('-')[0]
    if (primary === 'zh') return 'zh-CN'
    if (primary === 'en') return 'en'
  }
  return 'zh-CN'
}

export function remember(language: Language): void {
  localStorage.setItem(KEY, language)
}
