import { formatIp, type IpAddress } from '../../core/net/index.ts';
import type { Epoch, Grant, HelloKey, Neighbour } from '../../ports/channel.ts';
import type { HeldClaim } from '../../ports/packet-plane.ts';
import { addressOf, countOf, listOf, recordOf, textOf } from './plain-json.ts';

/** What a speaker has to know to go on at layer 2 without the controller. */
export interface Layer2State {
  readonly grants: readonly Grant[];
  readonly claims: readonly HeldClaim[];
  readonly neighbours: readonly Neighbour[];
  readonly ownAddresses: readonly IpAddress[];
  readonly keys: readonly HelloKey[];
}

/** As plain JSON. */
export function encodeLayer2State({ grants, claims, neighbours, ownAddresses, keys }: Layer2State): unknown {
  return {
    grants: grants.map((grant) => ({ ...grant, address: formatIp(grant.address) })),
    claims: claims.map((claim) => ({ ...claim, address: formatIp(claim.address) })),
    neighbours: neighbours.map(({ nodeName, addresses }) => ({ nodeName, addresses: addresses.map(formatIp) })),
    ownAddresses: ownAddresses.map(formatIp),
    keys: keys.map(({ id, key }) => ({ id, key: [...key] })),
  };
}

/** @throws RangeError that names what is not as `encodeLayer2State` makes it */
export function decodeLayer2State(value: unknown): Layer2State {
  const state = recordOf(value, 'state');
  return {
    grants: listOf(state.grants, 'grants', grantOf),
    claims: listOf(state.claims, 'claims', claimOf),
    neighbours: listOf(state.neighbours, 'neighbours', neighbourOf),
    ownAddresses: listOf(state.ownAddresses, 'ownAddresses', addressOf),
    keys: listOf(state.keys, 'keys', keyOf),
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

function keyOf(value: unknown): HelloKey {
  const { id, key } = recordOf(value, 'key');
  return { id: countOf(id), key: Uint8Array.from(listOf(key, 'octets', countOf)) };
}

function epochOf(value: unknown): Epoch {
  const { generation, counter } = recordOf(value, 'epoch');
  return { generation: countOf(generation), counter: countOf(counter) };
}
