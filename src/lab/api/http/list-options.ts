import { badRequest, type FieldError, fieldErrors, invalid, StatusError } from '../status-error.ts';

const SUBJECT = { group: 'meta.k8s.io', resource: '', kind: 'ListOptions' };
const MATCHES = ['Exact', 'NotOlderThan', ''];

/** Which revision a list or watch asks for, its options checked. @see Kubernetes meta/v1 ListOptions */
export interface ListOptions {
  /** Undefined when absent. */
  readonly revision: number | undefined;
  readonly match: string;
  /** 0: no limit. */
  readonly limit: number;
  readonly continue: string;
  readonly sendInitialEvents: boolean | undefined;
  readonly bookmarks: boolean;
  /** 0 when absent. */
  readonly timeoutSeconds: number;
}

/** @throws StatusError 400, 422, 500 */
export function listOptions(query: URLSearchParams, verb: 'list' | 'watch'): ListOptions {
  const text = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  const initial = query.get('sendInitialEvents');
  const options: ListOptions = {
    revision: text === '' ? undefined : Number(text),
    match,
    limit: Number(query.get('limit') ?? 0),
    continue: query.get('continue') ?? '',
    sendInitialEvents: initial === null ? undefined : isTrue(initial),
    bookmarks: isTrue(query.get('allowWatchBookmarks') ?? ''),
    timeoutSeconds: Number(query.get('timeoutSeconds') ?? 0),
  };
  const errors = verb === 'watch' ? watchErrors(options) : listErrors(options);
  if (errors.length > 0) throw invalid(SUBJECT, '', errors);
  checkRevision(text, verb);
  if (options.continue !== '' && options.revision !== undefined && options.revision !== 0 && verb === 'list') {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  return options;
}

function isTrue(text: string): boolean {
  return text === 'true' || text === '1';
}

function checkRevision(text: string, verb: 'list' | 'watch'): void {
  if (/^\d*$/.test(text)) return;
  const why = `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
  // The real server makes a watch's mistake its own.
  if (verb === 'watch') throw new StatusError({ code: 500, reason: '', message: why });
  throw badRequest(`invalid resource version: ${why}`);
}

function watchErrors(options: ListOptions): FieldError[] {
  const { match, sendInitialEvents } = options;
  const field = 'resourceVersionMatch';
  if (sendInitialEvents === undefined) {
    if (match === '') return [];
    const why = 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided';
    return [fieldErrors.forbidden(field, why)];
  }
  if (match === 'NotOlderThan') return [];
  return [fieldErrors.forbidden(field, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan')];
}

function listErrors(options: ListOptions): FieldError[] {
  const errors: FieldError[] = [];
  const { match, revision } = options;
  const field = 'resourceVersionMatch';
  const forbidden = (why: string): void => void errors.push(fieldErrors.forbidden(field, why));
  if (match !== '') {
    if (revision === undefined) forbidden('resourceVersionMatch is forbidden unless resourceVersion is provided');
    if (options.continue !== '') forbidden('resourceVersionMatch is forbidden when continue is provided');
    if (!MATCHES.includes(match)) errors.push(fieldErrors.notSupported(field, match, MATCHES));
    if (match === 'Exact' && revision === 0) {
      forbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
    }
  }
  if (options.sendInitialEvents !== undefined) {
    errors.push(fieldErrors.forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  return errors;
}
