/** Values that a log line may carry: they are printed as JSON. Never a token, a password or a key. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Structured log. `event` is a stable, kebab-case name that people search for; what varies goes into the fields.
 * error = page someone, warn = may become so, info = rare facts, debug = each step.
 */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** A log whose every line carries these fields too. */
  child(fields: LogFields): Log;
}
