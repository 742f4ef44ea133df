import { ApiError, type ApiErrorKind } from '../../../ports/api-error.ts';

/** The parts of a metav1.Status that say what went wrong. */
export interface WireStatus {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly retryAfterSeconds?: number };
}

const MAX_MESSAGE_LENGTH = 500;
/** Who asks for a longer pause is asked again all the same: a day without a look at the API helps nobody. */
const MAX_RETRY_AFTER_MS = 60_000;

/** What an answer other than 2xx means. `request` is `describeRequest`'s. @see Kubernetes API metav1.Status */
export function errorFromStatus(request: string, code: number, body: string, retryAfter?: string): ApiError {
  const status = parseStatus(body);
  const reason = status.message ?? body;
  const seconds = Number(retryAfter ?? status.details?.retryAfterSeconds);
  return new ApiError(kindOf(code, status.reason), explain(request, code, reason), {
    status: code,
    ...(Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: Math.min(seconds * 1000, MAX_RETRY_AFTER_MS) } : {}),
  });
}

function explain(request: string, code: number, reason: string): string {
  const said = oneLine(reason);
  switch (code) {
    case 401:
      return `${request}: the API server does not accept our credentials (401)${said === '' ? '' : `: ${said}`}`;
    case 403:
      return `${request}: not allowed (403): ${said}`;
    default:
      return `${request}: ${code}${said === '' ? '' : ` ${said}`}`;
  }
}

function kindOf(code: number, reason: string | undefined): ApiErrorKind {
  switch (code) {
    case 401:
      return 'unauthorized';
    case 403:
      return 'forbidden';
    case 404:
      return 'not-found';
    case 409:
      return reason === 'AlreadyExists' ? 'already-exists' : 'conflict';
    case 410:
      return 'gone';
    case 429:
      return 'throttled';
    default:
      return code >= 400 && code < 500 && code !== 408 ? 'invalid' : 'unavailable';
  }
}

function parseStatus(body: string): WireStatus {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_MESSAGE_LENGTH);
}
