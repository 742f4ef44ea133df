import { InvalidArgumentError, Option } from 'commander';
import type { ObjectRef } from '../ports/kubernetes.ts';
import { goBoolean, goDuration } from './go-flag-values.ts';

const MAX_PORT = 65_535;
const MIN_REFRESH_MS = 10_000;
const MAX_REFRESH_MS = 86_400_000;

/** A port number; 0 stands for none. */
export function portNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > MAX_PORT)
    throw new InvalidArgumentError(`must be a port from 0 to ${MAX_PORT}.`);
  return Number(text);
}

/** `host:port`, an IPv6 address in brackets. */
export function addressAndPort(text: string): string {
  if (!/^(\[[0-9a-fA-F:]+\]|[^:[\]]+):\d{1,5}$/.test(text))
    throw new InvalidArgumentError('must be host:port, with an IPv6 address in brackets.');
  return text;
}

/** `namespace/name`. */
export function objectRef(text: string): ObjectRef {
  const [namespace = '', name = '', ...more] = text.split('/');
  if (namespace === '' || name === '' || more.length > 0)
    throw new InvalidArgumentError('must be namespace/name, such as metallb-system/config.');
  return { namespace, name };
}

/** A pause between announcements, in ms: shorter ones would fill the LAN, longer ones outlast every cache. */
export function refreshInterval(text: string): number {
  const ms = goDuration(text);
  if (ms !== 0 && (ms < MIN_REFRESH_MS || ms > MAX_REFRESH_MS))
    throw new InvalidArgumentError('must be 0 or from 10s to 24h.');
  return ms;
}

/** For options that may be given several times. */
export function collected(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}

/** `--metallb-metrics`, which both processes have. */
export function metallbMetricsOption(): Option {
  return new Option(
    '--metallb-metrics [boolean]',
    "tell metrics also under MetalLB's names, for its dashboards and alerts",
  )
    .argParser(goBoolean)
    .preset('true')
    .default(true);
}

/** `--stand-in` of speakers. */
export function standInOption(): Option {
  return new Option(
    '--stand-in [boolean]',
    'answer for a neighbour whose speaker is silent, with its MAC, as long as its kernel lives; false where switches inspect ARP',
  )
    .argParser(goBoolean)
    .preset('true')
    .default(true);
}

/** `--refresh-interval` of speakers. */
export function refreshIntervalOption(): Option {
  return new Option(
    '--refresh-interval <duration>',
    'how often every address is announced again, for switches that forget; at least 10s, 0 switches it off',
  )
    .argParser(refreshInterval)
    .default(60_000, '1m');
}
