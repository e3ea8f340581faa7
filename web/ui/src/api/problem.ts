/** How the server says no (web/problems.py), and how we say that it cannot be reached. */

export interface ProblemBody {
  code: string
  field: string | null
  message: string
  detail?: Record<string, string | number>
}

export class Problem extends Error {
  readonly code: string
  /** What was wrong in the request, with a path such as `skills.law`; empty when it is not a field. */
  readonly field: string
  readonly detail: Record<string, string | number>

  constructor(
    /** HTTP status; 0 when there was no answer. */
    readonly status: number,
    body: ProblemBody,
    /** For the administrator, who finds it in the log; empty when there was no answer. */
    readonly request = '',
  ) {
    super(body.message)
    this.name = 'Problem'
    this.code = body.code
    this.field = body.field ?? ''
    this.detail = body.detail ?? {}
  }

  /** Nobody answered: a network or a server that is away. Says so in the reader's language. */
  static unreachable(): Problem {
    return new Problem(0, { code: 'unreachable', field: null, message: '' })
  }
}

function isBody(body: unknown): body is ProblemBody {
  return typeof body === 'object' && body !== null && 'code' in body && 'message' in body
}

/** Of an answer that is not an answer we know: a proxy's page, say. */
export function problemOf(response: Response, body: unknown): Problem {
  const request = response.headers.get('X-Request-Id') ?? ''
  if (isBody(body)) return new Problem(response.status, body, request)
  return new Problem(response.status, { code: 'unreachable', field: null, message: '' }, request)
}

/** Whatever was thrown, as a problem to show; what is no problem of ours is thrown on. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  throw error
}
