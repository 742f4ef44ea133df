import pino from 'pino';
import type { Log, LogFields } from '../../ports/log.ts';
import { prettyLine } from './pretty-lines.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['json', 'pretty'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface PinoLogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly fields: LogFields;
}

/** A log that writes one line for each event to standard output: JSON with the time as RFC 3339, or a line for people. */
export function pinoLog({ level, format, fields }: PinoLogOptions): Log {
  const settings = {
    level,
    base: { ...fields },
    timestamp: pino.stdTimeFunctions.isoTime,
    messageKey: 'event',
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: describeError },
    errorKey: 'error',
  };
  return wrap(format === 'json' ? pino(settings) : pino(settings, PRETTY));
}

const PRETTY = {
  write: (line: string): void => void process.stdout.write(prettyLine(line, process.stdout.isTTY)),
};

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
