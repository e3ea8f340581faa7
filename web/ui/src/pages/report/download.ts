/** A report as a file on this machine. */
import { api } from '@/api/client'
import { problemOf } from '@/api/problem'

export const FORMS = ['html', 'docx', 'pdf', 'xlsx'] as const
export type Form = (typeof FORMS)[number]

const KEPT_MS = 60_000

/** Throws Problem. The server prints it from the frozen numbers and writes the download down. */
export async function download(
  month: string,
  version: number,
  form: Form,
  language: 'zh-CN' | 'en',
): Promise<void> {
  const { data, error, response } = await api.GET('/api/v1/reports/{month}/file/{form}', {
    params: { path: { month, form }, query: { version, language } },
    parseAs: 'blob',
  })
  if (!response.ok || !(data instanceof Blob)) throw problemOf(response, error)
  const named = /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '')
  save(data, named?.[1] ?? `${month}.${form}`)
}

function save(file: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  // The browser reads it after the click.
  window.setTimeout(() => {
    URL.revokeObjectURL(link.href)
  }, KEPT_MS)
}
