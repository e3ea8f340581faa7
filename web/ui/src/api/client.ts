/**
 * The one way to the server: typed by the OpenAPI document, in the reader's language.
 *
 *     const { person } = await ask(api.GET('/api/v1/me'))
 *
 * A refusal is thrown as `Problem`. When the session has expired the request waits until somebody
 * has signed in again and is then sent once more, so that nothing typed is lost.
 */
import createClient from 'openapi-fetch'

import { Problem, problemOf } from './problem'
import type { paths } from './schema'

interface Gate {
  /** The reader's language, `zh-CN` or `en`. */
  language(): string
  /** Called on an expired session; true: signed in again, send it once more. */
  signedInAgain(): Promise<boolean>
}

let gate: Gate = { language: () => 'zh-CN', signedInAgain: () => Promise.resolve(false) }

export function guardWith(other: Gate): void {
  gate = other
}

async function reach(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch (error) {
    if (error instanceof TypeError) throw Problem.unreachable()
    throw error
  }
}

async function expired(response: Response): Promise<boolean> {
  if (response.status !== 401) return false
  const body: unknown = await response.clone().json().catch(() => null)
  return problemOf(response, body).code === 'not-signed-in'
}

async function send(request: Request): Promise<Response> {
  const again = request.clone()
  const response = await reach(request)
  if ((await expired(response)) && (await gate.signedInAgain())) return reach(again)
  return response
}

export const api = createClient<paths>({
  baseUrl: '/',
  fetch: send,
  credentials: 'same-origin',
  cache: 'no-store',
  // The server takes a cookie for a change only together with this header (web/gate.py).
  headers: { 'X-Hotline': '1' },
})

api.use({
  onRequest({ request }) {
    request.headers.set('Accept-Language', gate.language())
    return request
  },
})

interface Answered<T> {
  data?: T
  error?: unknown
  response: Response
}

/** The answer's body. Throws Problem. */
export async function ask<T>(answered: Promise<Answered<T>>): Promise<T> {
  const { data, error, response } = await answered
  if (!response.ok) throw problemOf(response, error)
  return data as T
}
