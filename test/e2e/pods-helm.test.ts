import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildImage } from '../../tools/image.ts';
import { podClusterLack } from '../kubernetes/machine-lack.ts';
import { PodCluster } from '../kubernetes/pod-cluster.ts';
import { POOL } from '../kubernetes/topology.ts';
import { buildEarlierRelease, EARLIER_TAG, type EarlierRelease } from './support/earlier-release.ts';
import { heraldlb } from './support/heraldlb-command.ts';
import { LanView } from './support/lan-view.ts';
import { pageDaemonSet } from './support/page-daemon-set.ts';
import { CLEANUP_FINALIZER, Services } from './support/services.ts';
import { MANIFESTS, NAMESPACE, ROOT } from './support/shipped.ts';

const CHART = join(MANIFESTS, 'chart');
const RELEASE = ['heraldlb', CHART, '-n', NAMESPACE];
const IMAGE_TAGS = ['controller.image.tag', 'speaker.image.tag'];
const PROBE_EVERY_MS = 20;

let cluster: PodCluster;
/** What is installed first; undefined: this one. */
let earlier: EarlierRelease | undefined;
let services: Services;
let lan: LanView;

const kubectl = (...args: string[]): Promise<string> => cluster.controlPlane.kubectl(['-n', NAMESPACE, ...args]);

// On a developer's machine this may be skipped; in CI nothing is.
const lack = podClusterLack();
if (lack !== undefined) console.warn(`Helm on a cluster of kubelets is skipped: ${lack}`);

describe.skipIf(lack !== undefined && process.env.CI === undefined)('the chart on a cluster of kubelets', () => {
  beforeAll(async () => {
    const image = await buildImage(join(ROOT, '.cache', 'image-helm.tar'));
    earlier = await buildEarlierRelease();
    if (earlier === undefined) console.warn('no history: the upgrade is from this build to itself');
    const images = [image, ...(earlier === undefined ? [] : [earlier.image])];
    cluster = await PodCluster.start({ name: 'pods-helm', kubeProxyMode: 'nftables', images });
    services = new Services(cluster.controlPlane.api);
    lan = new LanView(cluster.lan, cluster.client);
    await cluster.controlPlane.apply([pageDaemonSet('web')]);
    await services.create('web', { app: 'web' });
  });

  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    await earlier?.[Symbol.asyncDispose]();
  });

  it('one command with a range, and a client reads the page of a Service', async () => {
    const startedAtMs = Date.now();
    const tag = earlier === undefined ? [] : ['--set', IMAGE_TAGS.map((key) => `${key}=${EARLIER_TAG}`).join()];
    const release = ['heraldlb', earlier?.chart ?? CHART, '-n', NAMESPACE];
    const values = [...tag, '--set', `pools={${POOL}}`];
    await cluster.controlPlane.helm(['install', ...release, '--create-namespace', ...values]);
    const address = await services.address('web');
    await lan.page(address);
    console.log(`helm install to the first page: ${((Date.now() - startedAtMs) / 1000).toFixed(1)} s`);
    await kubectl('rollout', 'status', 'daemonset/heraldlb-speaker', '--timeout=120s');
    await kubectl('rollout', 'status', 'deployment/heraldlb-controller', '--timeout=120s');
    expect(await heraldlb(cluster.controlPlane, ['status'])).toMatchObject({ status: 0, errors: '' });
  });

  it('an upgrade from the commit before, which rolls every Pod, moves no address and loses no page', async () => {
    const address = await services.address('web');
    const owner = await lan.owner(address);
    using probe = cluster.client.probe(`http://${address}/`, PROBE_EVERY_MS);
    await probe.nextPage();

    const rolled = [
      ...['--set', 'prometheus.metricsPort=17954'],
      ...['--set-string', 'controller.podAnnotations.roll=1,speaker.podAnnotations.roll=1'],
      ...['--set', IMAGE_TAGS.map((key) => `${key}=`).join()],
    ];
    await cluster.controlPlane.helm([
      'upgrade',
      ...RELEASE,
      '--reset-then-reuse-values',
      ...rolled,
      '--wait',
      '--timeout',
      '240s',
    ]);

    await probe.nextPage();
    expect(await services.address('web')).toBe(address);
    expect(await lan.owner(address)).toBe(owner);
    expect(probe.interruptions).toBe(0);
  });

  it('heraldlb asks the Pods on the port that the values give to the metrics', async () => {
    await expect
      .poll(() => heraldlb(cluster.controlPlane, ['doctor']), { timeout: 30_000 })
      .toMatchObject({ status: 0, errors: '' });
    const timeline = await heraldlb(cluster.controlPlane, ['timeline']);
    expect(timeline).toMatchObject({ status: 0, errors: '', out: expect.stringContaining('default/web') });
  });

  it('heraldlb release refuses while a controller runs', async () => {
    const { status, errors } = await heraldlb(cluster.controlPlane, ['release']);
    expect(status).toBe(2);
    expect(errors).toMatch(/heraldlb-controller-.* still leads .*uninstall HeraldLB first/);
  });

  it('uninstalled: Services keep their addresses, and can be deleted', async () => {
    const address = await services.address('web');
    await services.create('kept', { app: 'web' });
    await services.address('kept');
    await cluster.controlPlane.helm(['uninstall', 'heraldlb', '-n', NAMESPACE, '--wait']);

    expect(await services.address('web')).toBe(address);
    expect((await services.get('web')).metadata.finalizers ?? []).not.toContain(CLEANUP_FINALIZER);
    await services.delete('web');
    await services.gone('web');
    expect(await kubectl('get', 'all,roles,rolebindings', '-o', 'name')).toBe('');
    expect(await kubectl('get', 'clusterroles,clusterrolebindings', '-o', 'name')).not.toContain('heraldlb');
    await lan.silence(address);
  });

  it('addresses are taken away on purpose by heraldlb release --take-addresses', async () => {
    const released = await heraldlb(cluster.controlPlane, ['release', '--take-addresses']);
    expect(released).toMatchObject({ status: 0, errors: '', out: expect.stringMatching(/kept .*taken away/) });
    await services.released('kept');
  });
});
