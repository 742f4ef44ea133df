import { InvalidArgumentError } from 'commander';

const MAX_PORT = 65_535;

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

/** For options that may be given several times. */
export function collected(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}
