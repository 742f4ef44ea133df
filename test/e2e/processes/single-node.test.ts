import { afterAll, beforeAll, expect, it } from 'vitest';
import { CONTROL_PLANE } from '../../kubernetes/topology.ts';
import { WebClient } from '../../kubernetes/web-client.ts';
import { heraldlb } from '../support/heraldlb-command.ts';
import { type ProcessBed, startProcessBed } from '../support/process-bed.ts';

const PROBE_EVERY_MS = 20;

let bed: ProcessBed;
let address: string;

/** The box at home: control plane, controller, speaker and Pods on one machine, with no neighbour to ask or to stand in. */
beforeAll(async () => {
  bed = await startProcessBed({ name: 'single-node', nodes: [CONTROL_PLANE] });
  await bed.cluster.addPagePod('web', CONTROL_PLANE.name);
  await bed.services.create('web', { app: 'web' });
  address = await bed.services.address('web');
});

afterAll(async () => {
  await bed?.[Symbol.asyncDispose]();
});

it.each(['Cluster', 'Local'] as const)(
  'with externalTrafficPolicy %s a client on the LAN reads the page',
  async (policy) => {
    await bed.services.patch('web', { spec: { externalTrafficPolicy: policy } });
    await bed.services.condition('web', 'heraldlb.io/Announced');
    expect(await bed.lan.page(address)).toMatchObject({ node: CONTROL_PLANE.name });
    expect(await bed.lan.owner(address)).toBe(CONTROL_PLANE.name);
  },
);

it('the node itself reads the page', async () => {
  const page = await new WebClient(bed.cluster.lan, CONTROL_PLANE.name).fetch(`http://${address}/`);
  expect(page).toMatchObject({ node: CONTROL_PLANE.name });
});

it('a speaker that restarts, by plan or not, costs no page, and announces again', async () => {
  using probe = bed.cluster.client.probe(`http://${address}/`, PROBE_EVERY_MS);
  await probe.nextPage();
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    await bed.heraldlb.speakers.get(CONTROL_PLANE.name)?.process.end(signal);
    await bed.heraldlb.startSpeaker(CONTROL_PLANE);
    expect(await bed.lan.owner(address)).toBe(CONTROL_PLANE.name);
    await probe.nextPage();
  }
  expect(probe.attempts.filter(({ node }) => node === undefined)).toEqual([]);
});

it('both controllers restart at once, and no page is lost nor an address changed', async () => {
  using probe = bed.cluster.client.probe(`http://${address}/`, PROBE_EVERY_MS);
  await probe.nextPage();
  const running = [...bed.heraldlb.controllers.values()];
  await Promise.all(running.map(({ process }) => process.end('SIGTERM')));
  const name = await bed.heraldlb.startController();

  expect(await bed.heraldlb.leader()).toBe(name);
  await bed.services.create('later', { app: 'web' });
  await bed.lan.page(await bed.services.address('later'));
  expect(await bed.services.address('web')).toBe(address);
  expect(probe.attempts.filter(({ node }) => node === undefined)).toEqual([]);
});

it('heraldlb status finds nothing wrong with a cluster of one node', async () => {
  await expect
    .poll(() => heraldlb(bed.cluster.controlPlane, ['status']), { timeout: 30_000 })
    .toMatchObject({
      out: expect.stringContaining('No problems.'),
    });
});
