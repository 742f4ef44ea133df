import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NODES } from '../../kubernetes/topology.ts';
import { type GrpcAnswer, grpcurl } from '../support/grpcurl.ts';
import { type ProcessBed, startProcessBed } from '../support/process-bed.ts';

const CONTROLLER_PORT = 7951;
const SPEAKER_PORT = 7952;

let bed: ProcessBed;

function health(target: string, method: string, request: object, maxSeconds?: number): Promise<GrpcAnswer> {
  return grpcurl(bed.cluster.controlPlane.binaries, {
    target,
    contract: 'grpc/health/v1/health.proto',
    method: `grpc.health.v1.Health/${method}`,
    requests: [request],
    ...(maxSeconds === undefined ? {} : { maxSeconds }),
  });
}

function controllerTarget(name: string): string {
  return `${bed.heraldlb.controllers.get(name)?.pod.address}:${CONTROLLER_PORT}`;
}

beforeAll(async () => {
  bed = await startProcessBed({ name: 'health' });
  // Whoever announces an address is connected, and so is past its start.
  await bed.cluster.addPagePod('web', 'node1');
  await bed.services.create('web', { app: 'web' });
  await bed.lan.owner(await bed.services.address('web'));
});

afterAll(async () => {
  await bed?.[Symbol.asyncDispose]();
});

it.each(['', 'liveness', 'readiness'])('both replicas of the controller serve "%s"', async (service) => {
  for (const name of bed.heraldlb.controllers.keys()) {
    const answer = await health(controllerTarget(name), 'Check', { service });
    expect(answer).toMatchObject({ status: 'OK', messages: [{ status: 'SERVING' }] });
  }
});

it('the leading replica alone serves "leader"', async () => {
  const leader = await bed.heraldlb.leader();
  for (const name of bed.heraldlb.controllers.keys()) {
    const answer = await health(controllerTarget(name), 'Check', { service: 'leader' });
    expect(answer.messages).toEqual([{ status: name === leader ? 'SERVING' : 'NOT_SERVING' }]);
  }
});

it.each(['', 'liveness', 'readiness'])('every speaker serves "%s" on its node\'s address', async (service) => {
  for (const { address } of NODES) {
    const answer = await health(`${address}:${SPEAKER_PORT}`, 'Check', { service });
    expect(answer).toMatchObject({ status: 'OK', messages: [{ status: 'SERVING' }] });
  }
});

it('List names every service', async () => {
  const [answer] = (await health(controllerTarget(await bed.heraldlb.leader()), 'List', {})).messages;
  expect(answer).toEqual({
    statuses: {
      '': { status: 'SERVING' },
      liveness: { status: 'SERVING' },
      readiness: { status: 'SERVING' },
      leader: { status: 'SERVING' },
    },
  });
});

it('a service that is not known is not found by Check, and unknown to Watch', async () => {
  const target = controllerTarget(await bed.heraldlb.leader());
  expect(await health(target, 'Check', { service: 'nonesuch' })).toMatchObject({ status: 'NOT_FOUND' });
  const watched = await health(target, 'Watch', { service: 'nonesuch' }, 1);
  expect(watched.messages).toEqual([{ status: 'SERVICE_UNKNOWN' }]);
});

it('Watch tells that a speaker stops', async () => {
  const [node] = NODES;
  const watching = health(`${node?.address}:${SPEAKER_PORT}`, 'Watch', { service: 'readiness' }, 10);
  await sleep(500);
  await bed.heraldlb.speakers.get(node?.name ?? '')?.process.end('SIGTERM');
  expect((await watching).messages).toEqual([{ status: 'SERVING' }, { status: 'NOT_SERVING' }]);
});
