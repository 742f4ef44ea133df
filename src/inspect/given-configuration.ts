import { LegacyConfigMap } from '../controller/configuration/legacy-config-map.ts';
import { type AssembleInput, type Assembly, assemble } from '../core/config/assemble.ts';
import type { YamlParser } from '../core/config/legacy/yaml-node.ts';
import { poolRanges, poolsOfFlags } from '../core/config/pool-flags.ts';
import { describeProblem } from '../core/config/problem.ts';
import { ApiError } from '../ports/api-error.ts';
import type { ClusterReader, ClusterSnapshot } from '../ports/cluster-snapshot.ts';
import { keyOf, type ObjectMeta, type ObjectRef } from '../ports/kubernetes.ts';
import type { Invocation } from '../ports/workloads.ts';
import { DEFAULT_SETTINGS, type GivenSettings, settingsIn, valuesOf } from './given-settings.ts';
import { StillInformer } from './rehearsal/still-informer.ts';

/** What a controller is told by its flags. */
export interface GivenConfiguration extends Required<Pick<AssembleInput, 'fixed' | 'entries'>> {
  readonly settings: GivenSettings;
  /** A sentence for each part that could not be seen: nothing that depends on it can be told. */
  readonly unknown: readonly string[];
}

export const NOTHING_GIVEN: GivenConfiguration = { fixed: [], entries: [], settings: DEFAULT_SETTINGS, unknown: [] };

const NO_INVOCATION: Invocation = { args: [], environment: {} };

/** What our controller in the cluster was told, read as it reads it. */
export async function givenConfiguration(
  cluster: Pick<ClusterReader, 'configMap'>,
  snapshot: ClusterSnapshot,
  parse: YamlParser,
): Promise<GivenConfiguration> {
  const invocation = controllerInvocation(snapshot);
  // Before an installation there is no controller; one that we may not see is another thing.
  const unseen = invocation === undefined ? snapshot.unreadable.filter((why) => /"(pods|deployments)"/.test(why)) : [];
  const { args, environment } = invocation ?? NO_INVOCATION;
  const pools = poolsOfFlags(poolRanges(valuesOf(args, '--pool'), environment.HERALDLB_POOL));
  const [namespace, name] = valuesOf(args, '--legacy-config').at(-1)?.split('/') ?? [];
  const legacy =
    namespace === undefined || name === undefined
      ? NOTHING_GIVEN
      : await legacyConfiguration(cluster, { namespace, name }, parse);
  return {
    fixed: pools.kind === 'ok' ? pools.values : [],
    entries: legacy.entries,
    settings: settingsIn(args),
    unknown: [
      ...unseen.map((why) => `the flags of the controller: ${why}`),
      ...(pools.kind === 'ok'
        ? []
        : pools.problems.map((problem) => `the pools of flags: ${describeProblem(problem)}`)),
      ...legacy.unknown,
    ],
  };
}

/** What it comes to by itself, without the objects of the API. */
export function assembledAlone({ fixed, entries }: GivenConfiguration): Assembly {
  return assemble({ objects: [], fixed, entries, namespaces: [], reads: () => true });
}

/** Of the leader, where there is one: during an update two replicas may be told different things. */
function controllerInvocation({ namespace, leader = '', pods, workloads }: ClusterSnapshot): Invocation | undefined {
  const replicas = pods.filter(({ meta }) => meta.labels['app.kubernetes.io/component'] === 'controller');
  const leading = replicas.find(({ meta }) => leader === meta.name || leader.startsWith(`${meta.name}_`));
  const ofPod = (leading ?? replicas[0])?.invocation;
  if (ofPod !== undefined) return ofPod;
  const deployment = workloads.find(
    ({ kind, meta }) =>
      kind === 'Deployment' && meta.namespace === namespace && meta.labels['app.kubernetes.io/name'] === 'heraldlb',
  );
  return deployment === undefined ? undefined : { environment: {}, ...deployment };
}

async function legacyConfiguration(
  cluster: Pick<ClusterReader, 'configMap'>,
  ref: ObjectRef,
  parse: YamlParser,
): Promise<Pick<GivenConfiguration, 'entries' | 'unknown'>> {
  const what = `the ConfigMap ${keyOf(ref)} that the controller reads (--legacy-config)`;
  try {
    const data = await cluster.configMap(ref);
    if (data === undefined) return { entries: [], unknown: [`${what}: there is none of that name`] };
    const configMaps = new StillInformer([{ meta: metaOf(ref), data }], () => keyOf(ref));
    return { entries: new LegacyConfigMap(ref, { configMaps, parse }).entries(), unknown: [] };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { entries: [], unknown: [`${what}: ${error.message}`] };
  }
}

function metaOf(ref: ObjectRef): ObjectMeta {
  return { ...ref, uid: '', resourceVersion: '', labels: {}, annotations: {}, finalizers: [], creationTimestamp: '' };
}
