import pino from 'pino';
import type { Log, LogFields } from '../../ports/log.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A log that writes one line of JSON for each event to standard output, with the time as RFC 3339. */
export function pinoLog(options: { readonly level: LogLevel; readonly fields: LogFields }): Log {
  return wrap(
    pino({
      level: options.level,
      base: { ...options.fields },
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: 'event',
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: describeError },
      errorKey: 'error',
    }),
  );
}

function wrap(logger: pino.Logger): Log {
  return {
    debug: (event, fields) => logger.debug(fields ?? {}, event),
    info: (event, fields) => logger.info(fields ?? {}, event),
    warn: (event, fields) => logger.warn(fields ?? {}, event),
    error: (event, fields) => logger.error(fields ?? {}, event),
    child: (fields) => wrap(logger.child(fields)),
  };
}

/** One line for people: the stack is for developers and would drown the reason. */
function describeError(error: unknown): unknown {
  return error instanceof Error ? error.message : error;
}
