import { styleText } from 'node:util';

/** A log line as pino writes it. */
type Line = Readonly<Record<string, unknown>>;

const COLOURS: Readonly<Record<string, Parameters<typeof styleText>[0]>> = {
  error: 'red',
  warn: 'yellow',
  info: 'green',
  debug: 'gray',
};
const TIME_LENGTH = 'HH:MM:SS.mmm'.length;

/** One line of JSON for people: `12:00:00.000 warn  event  field=value …`. What is no JSON stays as it is. */
export function prettyLine(json: string, colour: boolean): string {
  const line = parsed(json);
  if (line === undefined) return json;
  const { time, level, event, ...fields } = line;
  const shown = String(level).padEnd(5);
  const style = COLOURS[String(level)];
  const parts = [
    String(time).slice(-TIME_LENGTH - 1, -1),
    colour && style !== undefined ? styleText(style, shown, { validateStream: false }) : shown,
    String(event),
    ...Object.entries(fields).map(([name, value]) => `${name}=${valueText(value)}`),
  ];
  return `${parts.join(' ')}\n`;
}

function parsed(json: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Line) : undefined;
  } catch {
    return undefined;
  }
}

/** Quoted only where it has to be. */
function valueText(value: unknown): string {
  return typeof value === 'string' && /^[^\s="]+$/.test(value) ? value : JSON.stringify(value);
}
