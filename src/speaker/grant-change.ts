import { compareEpochs } from '../core/fsm/ownership/index.ts';
import type { IpAddress } from '../core/net/index.ts';
import type { ControllerMessage, Epoch, Grant } from '../ports/channel.ts';

export type GrantMessage = Extract<ControllerMessage, { kind: 'snapshot' | 'delta' }>;

/** What a message of the controller changes, and what of it cannot be carried out. */
export interface GrantChange {
  /** New, or other than the grant that is held for the address. */
  readonly granted: readonly Grant[];
  readonly revoked: readonly IpAddress[];
  readonly rejected: readonly { readonly address: IpAddress; readonly reason: string }[];
}

export interface GrantChangeOptions {
  readonly nodeName: string;
  /** Most grants that are held; further addresses are rejected. */
  readonly capacity: number;
}

/** Pure: compares what is held with what the controller says. */
export function grantChange(
  held: ReadonlyMap<IpAddress, Grant>,
  message: GrantMessage,
  options: GrantChangeOptions,
): GrantChange {
  const named = new Set(message.grants.map(({ address }) => address));
  const revoked =
    message.kind === 'snapshot'
      ? [...held.keys()].filter((address) => !named.has(address))
      : message.revoked.filter((address) => held.has(address) && !named.has(address));
  const granted = new Map<IpAddress, Grant>();
  const rejected: { readonly address: IpAddress; readonly reason: string }[] = [];
  let room = options.capacity - held.size + revoked.length;
  for (const grant of message.grants) {
    const before = granted.get(grant.address) ?? held.get(grant.address);
    const reason = refusal(grant, before, options.nodeName) ?? (before === undefined && room <= 0 ? FULL : undefined);
    if (reason !== undefined) rejected.push({ address: grant.address, reason });
    else if (before === undefined || !sameGrant(before, grant)) granted.set(grant.address, grant);
    if (reason === undefined && before === undefined) room -= 1;
  }
  return { granted: [...granted.values()], revoked, rejected };
}

const FULL = 'this node holds as many grants as it can';

/**
 * Why this node cannot carry a grant out; undefined when it can. Of an address that it holds it may be told that others are to
 * have it: it lets go when they do.
 */
function refusal(grant: Grant, before: Grant | undefined, nodeName: string): string | undefined {
  if (before === undefined && !grant.candidates.includes(nodeName)) return `${nodeName} is not among the candidates`;
  if (before !== undefined && compareEpochs(grant.epoch, before.epoch) < 0)
    return `the grant of epoch ${epochText(grant.epoch)} is older than the one of ${epochText(before.epoch)} that is held`;
  return undefined;
}

function epochText({ generation, counter }: Epoch): string {
  return `${generation}.${counter}`;
}

function sameGrant(a: Grant, b: Grant): boolean {
  return (
    compareEpochs(a.epoch, b.epoch) === 0 &&
    sameNames(a.candidates, b.candidates) &&
    sameNames(a.interfaces, b.interfaces)
  );
}

function sameNames(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((name, index) => name === b[index]);
}
