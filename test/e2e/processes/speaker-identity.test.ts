import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiObject } from '../../kubernetes/api.ts';
import { type ClusterNode, NODES } from '../../kubernetes/topology.ts';
import { type GrpcAnswer, grpcurl } from '../support/grpcurl.ts';
import { type ProcessBed, startProcessBed } from '../support/process-bed.ts';
import { NAMESPACE } from '../support/shipped.ts';

const SPEAKER_PORT = 7950;
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;

let bed: ProcessBed;
let caFile: string;

/** Dials a controller as a speaker would, with a client that is not ours. */
function session(token: string | undefined, nodeName: string, controller?: string): Promise<GrpcAnswer> {
  const address = bed.heraldlb.controllers.get(controller ?? leader)?.pod.address;
  return grpcurl(bed.cluster.controlPlane.binaries, {
    target: `${address}:${SPEAKER_PORT}`,
    contract: 'heraldlb/speaker/v1/speaker.proto',
    method: 'heraldlb.speaker.v1.SpeakerService/Session',
    tls: { caFile, serverName: `heraldlb-controller.${NAMESPACE}.svc` },
    ...(token === undefined ? {} : { token }),
    requests: [{ hello: { nodeName, instanceId: 'grpcurl', version: 'test' } }],
  });
}

let leader: string;
let node: ClusterNode;
let pod: ApiObject;

beforeAll(async () => {
  bed = await startProcessBed({ name: 'speaker-identity' });
  leader = await bed.heraldlb.leader();
  const [first] = NODES;
  const running = bed.heraldlb.speakers.get(first?.name ?? '');
  if (first === undefined || running === undefined) throw new Error('no speaker runs');
  node = first;
  pod = running.pod.object;
  const bundle = await bed.cluster.controlPlane.api.get(
    `/api/v1/namespaces/${NAMESPACE}/configmaps/heraldlb-ca-bundle`,
  );
  caFile = join(bed.cluster.controlPlane.folder.folder('identity'), 'ca.crt');
  writeFileSync(caFile, String(bundle.data['ca.crt']));
});

afterAll(async () => {
  await bed?.[Symbol.asyncDispose]();
});

describe('a session is refused', () => {
  it('as unauthenticated without a token', async () => {
    expect(await session(undefined, node.name)).toMatchObject({ status: 'UNAUTHENTICATED' });
  });

  it('as unauthenticated with a token that nobody issued', async () => {
    expect(await session('not.a.token', node.name)).toMatchObject({ status: 'UNAUTHENTICATED' });
  });

  it("as unauthenticated with a token for the API server's audience", async () => {
    const token = await bed.cluster.controlPlane.api.serviceAccountToken(NAMESPACE, 'heraldlb-speaker', {
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, uid: pod.metadata.uid },
    });
    expect(await session(token, node.name)).toMatchObject({ status: 'UNAUTHENTICATED' });
  });

  it('as unauthenticated with the token of a Pod that is gone', async () => {
    const gone = await bed.cluster.controlPlane.api.create(PODS, {
      metadata: { name: 'gone', namespace: NAMESPACE },
      spec: { ...pod.spec, nodeName: node.name },
    });
    const token = await bed.heraldlb.speakerToken(gone, node);
    await bed.cluster.controlPlane.kubectl(['-n', NAMESPACE, 'delete', 'pod', 'gone', '--force']);
    expect(await session(token, node.name)).toMatchObject({ status: 'UNAUTHENTICATED' });
  });

  it('as denied for a token that is bound to no Pod, and so to no node', async () => {
    const token = await bed.cluster.controlPlane.api.serviceAccountToken(NAMESPACE, 'heraldlb-speaker', {
      audiences: ['heraldlb-controller'],
    });
    expect(await session(token, node.name)).toMatchObject({ status: 'PERMISSION_DENIED' });
  });

  it("as denied for another ServiceAccount's token", async () => {
    const token = await bed.cluster.controlPlane.api.serviceAccountToken(NAMESPACE, 'heraldlb-controller', {
      audiences: ['heraldlb-controller'],
    });
    expect(await session(token, node.name)).toMatchObject({ status: 'PERMISSION_DENIED' });
  });

  it("as denied for another node's name", async () => {
    const token = await bed.heraldlb.speakerToken(pod, node);
    expect(await session(token, 'node2')).toMatchObject({ status: 'PERMISSION_DENIED' });
  });

  it('as already existing while the speaker of the node lives', async () => {
    await connected();
    const token = await bed.heraldlb.speakerToken(pod, node);
    expect(await session(token, node.name)).toMatchObject({ status: 'ALREADY_EXISTS' });
  });

  it('as unavailable by a replica that does not lead', async () => {
    const standby = [...bed.heraldlb.controllers.keys()].find((name) => name !== leader);
    const token = await bed.heraldlb.speakerToken(pod, node);
    expect(await session(token, node.name, standby)).toMatchObject({
      status: 'UNAVAILABLE',
      message: expect.stringMatching(/^not-leader:/),
    });
  });
});

it("the kubelet of one node gets no token for another node's speaker", async () => {
  const [, other] = NODES;
  if (other === undefined) throw new Error('there is one node only');
  await expect(bed.heraldlb.speakerToken(pod, other)).rejects.toMatchObject({ status: 403 });
});

/** An address that node1 alone can announce is announced: its speaker has a session. */
async function connected(): Promise<void> {
  await bed.cluster.addPagePod('here', node.name);
  await bed.services.create('here', { app: 'here', externalTrafficPolicy: 'Local' });
  await bed.lan.owner(await bed.services.address('here'));
}
