/**
 * What a refusal of the API server means to its caller. `unavailable` is everything that time may heal: no connection, a
 * time-out, a 5xx.
 */
export type ApiErrorKind =
  | 'not-found'
  | 'already-exists'
  | 'conflict'
  | 'gone'
  | 'invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'throttled'
  | 'unavailable';

/** The API server refused a request or could not be asked. The message is one line and names verb and resource. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly kind: ApiErrorKind;
  /** HTTP status, when there was an answer. */
  readonly status: number | undefined;
  /** What the server asked for in `Retry-After`. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: ApiErrorKind, message: string, details: { status?: number; retryAfterMs?: number } = {}) {
    super(message);
    this.kind = kind;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** Whether `error` is an ApiError of one of these kinds. */
export function isApiError(error: unknown, ...kinds: readonly ApiErrorKind[]): error is ApiError {
  return error instanceof ApiError && (kinds.length === 0 || kinds.includes(error.kind));
}
