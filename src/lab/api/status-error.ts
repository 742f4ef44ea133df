import type { JsonObject } from './json.ts';

/** One thing that is wrong with one field. @see Kubernetes API meta/v1 StatusCause */
export interface FieldError {
  readonly reason: FieldErrorReason;
  /** Path of the field, as `spec.ports[0].port`. */
  readonly field: string;
  /** With its introduction ("Invalid value: …"), as the cause carries it. */
  readonly message: string;
}

export type FieldErrorReason =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueDuplicate'
  | 'FieldValueTypeInvalid'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany';

export interface StatusDetails extends JsonObject {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly JsonObject[];
  readonly retryAfterSeconds?: number;
}

/** A refusal, as clients see it. @see Kubernetes API meta/v1 Status */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor(answer: {
    readonly code: number;
    readonly reason: string;
    readonly message: string;
    readonly details?: StatusDetails;
  }) {
    super(answer.message);
    this.code = answer.code;
    this.reason = answer.reason;
    this.details = answer.details;
  }

  get body(): JsonObject {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason === '' ? undefined : this.reason,
      details: this.details,
      code: this.code,
    };
  }
}

/** What a refusal is about: `resource` is the plural name, `kind` the CamelCase one. */
export interface Subject {
  readonly group: string;
  readonly resource: string;
  readonly kind: string;
}

/** `services`, or with its group `leases.coordination.k8s.io`. */
function qualified(subject: Subject): string {
  return subject.group === '' ? subject.resource : `${subject.resource}.${subject.group}`;
}

function detailsOf(subject: Subject, name: string): StatusDetails {
  return {
    ...(name === '' ? {} : { name }),
    ...(subject.group === '' ? {} : { group: subject.group }),
    ...(subject.resource === '' ? {} : { kind: subject.resource }),
  };
}

export function notFound(subject: Subject, name: string): StatusError {
  const message = `${qualified(subject)} "${name}" not found`;
  return new StatusError({ code: 404, reason: 'NotFound', message, details: detailsOf(subject, name) });
}

export function alreadyExists(subject: Subject, name: string): StatusError {
  const message = `${qualified(subject)} "${name}" already exists`;
  return new StatusError({ code: 409, reason: 'AlreadyExists', message, details: detailsOf(subject, name) });
}

export function conflict(subject: Subject, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified(subject)} "${name}": ${why}`;
  return new StatusError({ code: 409, reason: 'Conflict', message, details: detailsOf(subject, name) });
}

export const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';

export function forbidden(subject: Subject, name: string, why: string): StatusError {
  const what = name === '' ? qualified(subject) : `${qualified(subject)} "${name}"`;
  const message = `${what} is forbidden: ${why}`;
  return new StatusError({ code: 403, reason: 'Forbidden', message, details: detailsOf(subject, name) });
}

export function badRequest(message: string): StatusError {
  return new StatusError({ code: 400, reason: 'BadRequest', message });
}

export function unauthorized(): StatusError {
  return new StatusError({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
}

export function expired(message: string): StatusError {
  return new StatusError({ code: 410, reason: 'Expired', message });
}

export function methodNotAllowed(): StatusError {
  const message = 'the server does not allow this method on the requested resource';
  return new StatusError({ code: 405, reason: 'MethodNotAllowed', message, details: {} });
}

export function pathNotFound(): StatusError {
  const message = 'the server could not find the requested resource';
  return new StatusError({ code: 404, reason: 'NotFound', message, details: {} });
}

/** The media type of the body is not understood here. */
export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new StatusError({ code: 415, reason: 'UnsupportedMediaType', message });
}

/** 422 with a cause for each field. */
export function invalid(subject: Subject, name: string, errors: readonly FieldError[]): StatusError {
  const told = errors.map((error) => `${error.field}: ${error.message}`);
  const summary = told.length === 1 ? told[0] : `[${told.join(', ')}]`;
  const kind = subject.group === '' ? subject.kind : `${subject.kind}.${subject.group}`;
  return new StatusError({
    code: 422,
    reason: 'Invalid',
    message: `${kind} "${name}" is invalid: ${summary}`,
    details: {
      ...detailsOf(subject, name),
      ...(subject.kind === '' ? {} : { kind: subject.kind }),
      causes: errors.map((error) => ({ ...error })),
    },
  });
}

export const fieldErrors = {
  required: (field: string, why: string): FieldError => ({
    reason: 'FieldValueRequired',
    field,
    message: why === '' ? 'Required value' : `Required value: ${why}`,
  }),
  invalid: (field: string, value: unknown, why: string): FieldError => ({
    reason: 'FieldValueInvalid',
    field,
    message: `Invalid value: ${quote(value)}: ${why}`,
  }),
  notSupported: (field: string, value: unknown, supported: readonly string[]): FieldError => ({
    reason: 'FieldValueNotSupported',
    field,
    message: `Unsupported value: ${quote(value)}: supported values: ${supported.map((item) => `"${item}"`).join(', ')}`,
  }),
  forbidden: (field: string, why: string): FieldError => ({
    reason: 'FieldValueForbidden',
    field,
    message: `Forbidden: ${why}`,
  }),
  duplicate: (field: string, value: unknown): FieldError => ({
    reason: 'FieldValueDuplicate',
    field,
    message: `Duplicate value: ${quote(value)}`,
  }),
};

/** As the real server shows values: text in quotes, others as JSON. */
function quote(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value);
}
