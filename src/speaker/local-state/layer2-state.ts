import { formatIp, type IpAddress } from '../../core/net/index.ts';
import type { Epoch, Grant, HelloKey, Neighbour } from '../../ports/channel.ts';
import type { HeldClaim } from '../../ports/packet-plane.ts';
import type { SecretBox } from '../../ports/secret-box.ts';
import { addressOf, countOf, listOf, recordOf, textOf } from './plain-json.ts';

/** What a speaker has to know to go on at layer 2 without the controller. */
export interface Layer2State {
  readonly grants: readonly Grant[];
  readonly claims: readonly HeldClaim[];
  readonly neighbours: readonly Neighbour[];
  readonly ownAddresses: readonly IpAddress[];
  readonly keys: readonly HelloKey[];
}

/** A state whose keys may have been sealed elsewhere: then there are none. */
export type Layer2StateFound = Omit<Layer2State, 'keys'> & Partial<Pick<Layer2State, 'keys'>>;

/** As plain JSON, in which keys are sealed. */
export function encodeLayer2State(state: Layer2State, secrets: SecretBox): unknown {
  const { grants, claims, neighbours, ownAddresses, keys } = state;
  return {
    grants: grants.map((grant) => ({ ...grant, address: formatIp(grant.address) })),
    claims: claims.map((claim) => ({ ...claim, address: formatIp(claim.address) })),
    neighbours: neighbours.map(({ nodeName, addresses }) => ({ nodeName, addresses: addresses.map(formatIp) })),
    ownAddresses: ownAddresses.map(formatIp),
    keys: keys.map(({ id, key }) => ({ id, key: secrets.seal(key.join()) })),
  };
}

/** @throws RangeError that names what is not as `encodeLayer2State` makes it */
export function decodeLayer2State(value: unknown, secrets: SecretBox): Layer2StateFound {
  const state = recordOf(value, 'state');
  const keys = listOf(state.keys, 'keys', (key) => keyOf(key, secrets));
  const opened = keys.filter((key) => key !== undefined);
  return {
    grants: listOf(state.grants, 'grants', grantOf),
    claims: listOf(state.claims, 'claims', claimOf),
    neighbours: listOf(state.neighbours, 'neighbours', neighbourOf),
    ownAddresses: listOf(state.ownAddresses, 'ownAddresses', addressOf),
    ...(opened.length === keys.length ? { keys: opened } : {}),
  };
}

function grantOf(value: unknown): Grant {
  const { address, epoch, candidates, interfaces, probed } = recordOf(value, 'grant');
  return {
    address: addressOf(address),
    epoch: epochOf(epoch),
    candidates: listOf(candidates, 'candidates', textOf),
    ...(interfaces === undefined ? {} : { interfaces: listOf(interfaces, 'interfaces', textOf) }),
    ...(probed === true ? { probed } : {}),
  };
}

function claimOf(value: unknown): HeldClaim {
  const { address, epoch, term, rank } = recordOf(value, 'claim');
  return { address: addressOf(address), epoch: epochOf(epoch), term: countOf(term), rank: countOf(rank) };
}

function neighbourOf(value: unknown): Neighbour {
  const { nodeName, addresses } = recordOf(value, 'neighbour');
  return { nodeName: textOf(nodeName), addresses: listOf(addresses, 'addresses', addressOf) };
}

function keyOf(value: unknown, secrets: SecretBox): HelloKey | undefined {
  const { id, key } = recordOf(value, 'key');
  const octets = typeof key === 'string' ? secrets.open(key) : undefined;
  if (octets === undefined) return undefined;
  return { id: countOf(id), key: Uint8Array.from(octets.split(',').map((octet) => countOf(Number(octet)))) };
}

function epochOf(value: unknown): Epoch {
  const { generation, counter } = recordOf(value, 'epoch');
  return { generation: countOf(generation), counter: countOf(counter) };
}
