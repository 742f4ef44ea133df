import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiObject } from '../../kubernetes/api.ts';
import { CLIENT, NODES } from '../../kubernetes/topology.ts';
import { type ProcessBed, startProcessBed } from '../support/process-bed.ts';

const IN_USE = '192.168.10.206';

describe('an address that another host of the LAN has', () => {
  let bed: ProcessBed;
  let mac: string;

  beforeAll(async () => {
    bed = await startProcessBed({ name: 'address-conflicts' });
    for (const { name } of NODES) await bed.cluster.addPagePod('web', name);
    mac = (await onClient('cat', '/sys/class/net/eth0/address')).trim();
  });

  afterAll(async () => {
    await bed?.[Symbol.asyncDispose]();
  });

  const onClient = (...command: string[]): Promise<string> => bed.cluster.lan.run(CLIENT.name, command);

  const event = (service: string, reason: string): Promise<ApiObject | undefined> =>
    bed.cluster.controlPlane.api.until('/api/v1/namespaces/default/events', (list) =>
      eventsOf(list).some((each) => each.involvedObject?.name === service && each.reason === reason),
    );

  it('is not announced for the Service that asks for it, and is when it is free', async () => {
    await onClient('ip', 'address', 'add', `${IN_USE}/24`, 'dev', 'eth0');
    await bed.services.create('asking', { app: 'web', requested: IN_USE });
    const told = eventsOf(await event('asking', 'AddressInUse')).find(({ reason }) => reason === 'AddressInUse');
    expect(told?.message).toContain(`host ${mac} (vendor prefix ${mac.slice(0, 8)}`);
    expect(await bed.lan.owner(IN_USE)).toBe(CLIENT.name);

    await onClient('ip', 'address', 'delete', `${IN_USE}/24`, 'dev', 'eth0');
    expect(NODES.map(({ name }) => name)).toContain((await bed.lan.page(IN_USE)).node);
    await event('asking', 'AddressConflictOver');
  });

  it('is kept and defended when it was announced first', async () => {
    await bed.services.create('running', { app: 'web' });
    const address = await bed.services.address('running');
    const owner = await bed.lan.owner(address);
    await onClient('ip', 'address', 'add', `${address}/24`, 'dev', 'eth0');
    await onClient('arping', '-U', '-c', '1', '-i', 'eth0', '-S', address, address).catch(() => '');
    await event('running', 'AddressConflict');
    expect(await bed.services.address('running')).toBe(address);

    await onClient('ip', 'address', 'delete', `${address}/24`, 'dev', 'eth0');
    await event('running', 'AddressConflictOver');
    expect(await bed.lan.owner(address)).toBe(owner);
  });
});

interface EventObject {
  readonly reason?: string;
  readonly message?: string;
  readonly involvedObject?: { readonly name?: string };
}

function eventsOf(list: ApiObject | undefined): readonly EventObject[] {
  const { items = [] } = (list ?? {}) as { readonly items?: readonly EventObject[] };
  return items;
}
