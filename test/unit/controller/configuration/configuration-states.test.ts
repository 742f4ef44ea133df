import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Configuration } from '../../../../src/controller/configuration/configuration.ts';
import { ConfigurationStates } from '../../../../src/controller/configuration/configuration-states.ts';
import { SpeakerRegistry } from '../../../../src/controller/speakers/speaker-registry.ts';
import type { ConfigObject, ResourceType } from '../../../../src/ports/informer.ts';
import type { Namespace, Node } from '../../../../src/ports/kubernetes.ts';
import { nodeOf } from '../../../support/channel/announcer-bed.ts';
import { ModelSpeaker } from '../../../support/channel/model-speaker.ts';
import { configObject, pool } from '../../../support/config-objects.ts';
import { FakeInformer } from '../../../support/fake-informer.ts';
import { FakeStatusStore } from '../../../support/fake-status-store.ts';
import { ManualTime } from '../../../support/manual-time.ts';
import { RecordingLog, RecordingMetrics } from '../../../support/recording-telemetry.ts';

const NAMESPACE = 'heraldlb-system';
const TYPE: ResourceType = {
  group: 'metallb.io',
  version: 'v1beta1',
  kind: 'ConfigurationState',
  plural: 'configurationstates',
  namespaced: true,
};

describe('the ConfigurationState objects', () => {
  let time: ManualTime;
  let store: FakeStatusStore;
  let objects: FakeInformer<ConfigObject>;
  let nodes: FakeInformer<Node>;
  let leading: AbortController;
  let registry: SpeakerRegistry;
  let speakers: ModelSpeaker[];

  beforeEach(() => {
    time = new ManualTime();
    store = new FakeStatusStore([TYPE]);
    objects = new FakeInformer();
    nodes = new FakeInformer(['node-a', 'node-b'].map((name) => [name, nodeOf(name)] as const));
    leading = new AbortController();
    speakers = [];
  });
  afterEach(() => {
    stop();
    expect(time.armed).toBe(0);
  });

  async function lead(): Promise<void> {
    const common = { clock: time, timers: time, log: new RecordingLog(), metrics: new RecordingMetrics() };
    registry = new SpeakerRegistry({}, common);
    const configuration = new Configuration(
      { namespaces: ['metallb-system'], fixed: [] },
      { ...common, objects: [objects], namespaces: new FakeInformer<Namespace>() },
    );
    await configuration.start(leading.signal);
    new ConfigurationStates(
      { namespace: NAMESPACE },
      {
        ...common,
        groups: [{ type: TYPE, objects: store.informer(TYPE.group) }],
        store,
        configuration,
        nodes,
        speakers: registry,
        peers: { peerStatus: () => undefined, onChange: () => undefined },
      },
    ).start(leading.signal);
  }
  function stop(): void {
    leading.abort();
    registry.stop();
  }
  function dial(...names: readonly string[]): void {
    speakers = names.map((name) => new ModelSpeaker(name));
    for (const speaker of speakers) speaker.dial(registry);
  }
  /** With the heartbeats of the speakers. */
  async function pass(seconds: number): Promise<void> {
    for (let tick = 0; tick < seconds * 5; tick += 1) {
      for (const speaker of speakers) speaker.beat();
      await time.advance(200);
    }
  }
  function write(...written: readonly ConfigObject[]): void {
    for (const object of written) objects.set(`${object.kind}/${object.meta.name}`, object);
  }
  const informer = () => store.informer(TYPE.group);
  const objectOf = (name: string): ConfigObject | undefined => informer().get(`${NAMESPACE}/${name}`);
  const statusOf = (name: string): unknown => objectOf(name)?.status;
  const results = () =>
    informer()
      .list()
      .map(({ meta, status }) => `${meta.name} ${Reflect.get(status as object, 'result')}`);

  it('are one for the controller and one for each node with a speaker, with the labels of MetalLB', async () => {
    await lead();
    dial('node-a');
    await pass(3);
    expect(results()).toEqual(['controller Valid', 'speaker-node-a Valid']);
    expect(objectOf('controller')?.meta.labels).toEqual({
      'app.kubernetes.io/managed-by': 'heraldlb',
      'metallb.io/component-type': 'controller',
    });
    expect(objectOf('speaker-node-a')?.meta.labels).toMatchObject({
      'metallb.io/component-type': 'speaker',
      'metallb.io/node-name': 'node-a',
    });
    expect(statusOf('speaker-node-a')).toEqual({
      result: 'Valid',
      conditions: [
        {
          type: 'configReconcilerValid',
          status: 'True',
          reason: 'Reconciled',
          message: '',
          lastTransitionTime: '2026-01-01T00:00:02Z',
        },
      ],
    });
  });

  it('say what is wrong, and that it is put right; where nothing is different nothing is written', async () => {
    await lead();
    dial('node-a');
    await pass(3);
    write(pool('wrong', ['10.1.0.5']));
    await pass(3);
    expect(results()).toEqual(['controller Invalid', 'speaker-node-a Valid']);
    expect(statusOf('controller')).toMatchObject({
      errorSummary: expect.stringMatching(/^IPAddressPool metallb-system\/wrong: spec\.addresses\[0\] "10\.1\.0\.5": /),
      conditions: [{ type: 'poolReconcilerValid', status: 'False', reason: 'ConfigurationError' }],
    });
    write(pool('wrong', ['10.1.0.5/32']), configObject('BGPAdvertisement', 'ad', { communities: ['nowhere'] }));
    await pass(3);
    expect(results()).toEqual(['controller Valid', 'speaker-node-a Invalid']);
    expect(statusOf('controller')).not.toHaveProperty('errorSummary');
    store.requests.length = 0;
    write(pool('further', ['10.2.0.0/24']));
    await pass(3);
    expect(store.requests).toEqual([]);
  });

  it('are Unknown where a speaker was and is silent, but not before it had its time to dial', async () => {
    await lead();
    dial('node-a');
    await pass(3);
    stop();
    speakers = [];
    store.requests.length = 0;
    leading = new AbortController();
    await lead();
    await pass(9);
    expect(store.requests).toEqual([]);
    await pass(10);
    expect(results()).toEqual(['controller Valid', 'speaker-node-a Unknown']);
    expect(statusOf('speaker-node-a')).toMatchObject({
      conditions: [{ status: 'Unknown', reason: 'UnknownError', message: expect.stringContaining('node-a') }],
    });
    dial('node-a');
    await pass(2.5);
    expect(results()).toEqual(['controller Valid', 'speaker-node-a Valid']);
  });

  it('are made again when somebody deletes them', async () => {
    await lead();
    dial('node-a');
    await pass(3);
    for (const name of ['controller', 'speaker-node-a']) informer().delete(`${NAMESPACE}/${name}`);
    await pass(3);
    expect(results()).toEqual(['controller Valid', 'speaker-node-a Valid']);
  });

  it('go with the Node, and stay away from a new one of its name until that has a speaker', async () => {
    await lead();
    dial('node-a');
    await pass(15);
    speakers = [];
    nodes.delete('node-a');
    await pass(5);
    expect(results()).toEqual(['controller Valid']);
    nodes.set('node-a', nodeOf('node-a'));
    await pass(5);
    expect(results()).toEqual(['controller Valid']);
  });

  it('follow the labels of a node, by which objects concern it', async () => {
    await lead();
    dial('node-a');
    const nodeSelectors = [{ matchLabels: { rack: 'a' } }];
    write(configObject('BGPAdvertisement', 'ad', { communities: ['nowhere'], nodeSelectors }));
    await pass(15);
    expect(results()).toEqual(['controller Valid', 'speaker-node-a Valid']);
    nodes.set('node-a', nodeOf('node-a', { labels: { rack: 'a' } }));
    await pass(5);
    expect(results()).toEqual(['controller Valid', 'speaker-node-a Invalid']);
  });

  it('are left to a MetalLB that keeps them, and taken over when it is gone', async () => {
    const ref = { namespace: NAMESPACE, name: 'controller' };
    store.put(TYPE, { ref, labels: { 'metallb.io/component-type': 'controller' }, status: { result: 'Invalid' } });
    await lead();
    await pass(20);
    expect(store.requests).toEqual([]);
    informer().delete(`${NAMESPACE}/controller`);
    await pass(3);
    expect(results()).toEqual(['controller Valid']);
  });

  it('cost one request a minute where the kind is not installed', async () => {
    store.absent.add(TYPE.group);
    await lead();
    dial('node-a', 'node-b');
    await pass(30);
    expect(store.requests).toHaveLength(1);
    store.absent.clear();
    await pass(40);
    expect(results()).toHaveLength(3);
  });
});
