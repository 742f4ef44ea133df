import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { NODES } from '../../kubernetes/topology.ts';
import { type ProcessBed, startProcessBed } from '../support/process-bed.ts';

const PROBE_EVERY_MS = 20;

let bed: ProcessBed;
let address: string;
let owner: string;

beforeEach(async ({ task }) => {
  bed = await startProcessBed({ name: `faults-${task.name.replaceAll(/\W+/g, '-').slice(0, 40)}` });
  const pods = await Promise.all(NODES.map(({ name }) => bed.cluster.addPagePod('web', name)));
  await bed.services.create('web', { app: 'web' });
  address = await bed.services.address('web');
  owner = await bed.lan.owner(address);
  // kube-proxy goes on sending to Pods of a dead node until Kubernetes notices: that is not what is tested here.
  for (const pod of pods) if (pod.object.spec.nodeName === owner) await bed.cluster.reportPod(pod, false);
  await bed.lan.page(address);
});

afterEach(async () => {
  await bed?.[Symbol.asyncDispose]();
});

it('when the power of the owner is cut, another node takes over, and the page comes back', async () => {
  using probe = bed.cluster.client.probe(`http://${address}/`, PROBE_EVERY_MS);
  await probe.nextPage();
  await bed.cluster.lan.cutPower(owner);

  await bed.lan.owner(address, owner);
  await probe.nextPage();
});

it('a node whose power comes back does not take the address back', async () => {
  await bed.cluster.lan.cutPower(owner);
  const heir = await bed.lan.owner(address, owner);
  await bed.cluster.lan.restorePower(owner);
  const node = NODES.find(({ name }) => name === owner);
  if (node === undefined) throw new Error(`no node is called ${owner}`);
  bed.heraldlb.loseMemory(node);
  await bed.cluster.startKubeProxy(node, 'nftables');
  await bed.heraldlb.startSpeaker(node);

  // A new Service that all nodes serve shows that the node takes part again.
  await bed.cluster.addPagePod('home', owner);
  await bed.services.create('home', { app: 'home', externalTrafficPolicy: 'Local' });
  expect(await bed.lan.owner(await bed.services.address('home'))).toBe(owner);
  expect(await bed.lan.owner(address)).toBe(heir);
});

it('when the leading controller is killed, no page is lost, and the other one serves new Services', async () => {
  using probe = bed.cluster.client.probe(`http://${address}/`, PROBE_EVERY_MS);
  await probe.nextPage();
  const leader = await bed.heraldlb.leader();
  await bed.heraldlb.controllers.get(leader)?.process.end('SIGKILL');

  await bed.heraldlb.leader(leader);
  await bed.services.create('later', { app: 'web' });
  await bed.lan.page(await bed.services.address('later'));
  expect(await bed.lan.owner(address)).toBe(owner);
  expect(probe.interruptions).toBe(0);
  expect([...bed.heraldlb.speakers.values()].every(({ process }) => process.running)).toBe(true);
});

it('when the leading controller stops by plan, the other one leads at once, and no page is lost', async () => {
  using probe = bed.cluster.client.probe(`http://${address}/`, PROBE_EVERY_MS);
  await probe.nextPage();
  const leader = await bed.heraldlb.leader();
  expect(await bed.heraldlb.controllers.get(leader)?.process.end('SIGTERM')).toBe(0);

  await bed.heraldlb.leader(leader);
  await bed.services.create('later', { app: 'web' });
  await bed.lan.page(await bed.services.address('later'));
  expect(await bed.lan.owner(address)).toBe(owner);
  expect(probe.interruptions).toBe(0);
});

it('when kube-apiserver is killed and comes back, no page is lost, nothing moves, and new Services are served', async () => {
  using probe = bed.cluster.client.probe(`http://${address}/`, PROBE_EVERY_MS);
  await probe.nextPage();
  await bed.cluster.controlPlane.stopApiServer('SIGKILL');
  await sleep(5_000);
  expect(await bed.lan.owner(address)).toBe(owner);
  await bed.cluster.controlPlane.startApiServer();

  await bed.services.create('later', { app: 'web' });
  await bed.lan.page(await bed.services.address('later'));
  expect(await bed.services.address('web')).toBe(address);
  expect(await bed.lan.owner(address)).toBe(owner);
  expect(probe.interruptions).toBe(0);
});

it('a speaker that is told to stop moves nothing: it is stood in for, ends with status 0, and goes on when it is back', async () => {
  using probe = bed.cluster.client.probe(`http://${address}/`, PROBE_EVERY_MS);
  await probe.nextPage();
  expect(await bed.heraldlb.speakers.get(owner)?.process.end('SIGTERM')).toBe(0);
  // The standby answers now, with the owner's MAC: the page still comes from behind the owner's link.
  await probe.nextPage();
  const node = NODES.find(({ name }) => name === owner);
  if (node === undefined) throw new Error(`no node is called ${owner}`);
  await bed.heraldlb.startSpeaker(node);
  await vi.waitFor(async () => expect(await bed.lan.owner(address)).toBe(owner), { timeout: 30_000, interval: 200 });
  await probe.nextPage();
  expect(probe.interruptions).toBe(0);
});

it('a node that is cordoned hands its address over without a page lost, and says why on the Service', async () => {
  using probe = bed.cluster.client.probe(`http://${address}/`, PROBE_EVERY_MS);
  await probe.nextPage();
  await bed.cluster.controlPlane.kubectl(['cordon', owner]);

  const heir = await bed.lan.owner(address, owner);
  await probe.nextPage();
  const condition = `jsonpath={.status.conditions[?(@.type=="heraldlb.io/Announced")].message}`;
  await vi.waitFor(
    async () => {
      const message = await bed.cluster.controlPlane.kubectl(['get', 'service', 'web', '-o', condition]);
      expect(message).toContain(`${address} from ${heir} since`);
    },
    { timeout: 20_000, interval: 500 },
  );
  expect(probe.interruptions).toBe(0);
});
