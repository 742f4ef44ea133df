import { arrayAt, isObject, type Json, numberAt, objectAt, stringAt } from '../json.ts';
import { type KubeObject, nameOf, namespaceOf } from '../kube-object.ts';
import type { Strategy } from '../resource.ts';
import { forbidden } from '../status-error.ts';
import { podErrors } from './rules.ts';
import { PLAIN } from './strategy.ts';

/** A Pod, as far as it can go without scheduler and kubelet: it is stored, bound to tokens, and deleted with grace. */
export function podStrategy(hasAccount: (namespace: string, name: string) => boolean): Strategy {
  return { ...POD, prepare: (next, previous) => (previous === undefined ? admitted(next, hasAccount) : next) };
}

/** As the ServiceAccount admission: a Pod runs as an account that exists. */
function admitted(pod: KubeObject, hasAccount: (namespace: string, name: string) => boolean): KubeObject {
  const namespace = namespaceOf(pod);
  const name = stringAt(pod, 'spec', 'serviceAccountName') ?? 'default';
  if (!hasAccount(namespace, name)) {
    const why = `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`;
    throw forbidden({ group: '', resource: 'pods', kind: 'Pod' }, nameOf(pod), why);
  }
  const spec = { ...objectAt(pod, 'spec'), serviceAccountName: name, serviceAccount: name };
  return { ...pod, spec, status: { phase: 'Pending', qosClass: 'BestEffort' } };
}

const POD: Strategy = {
  ...PLAIN,
  returnsDeleted: true,
  generation: true,
  decode: defaultPod,
  validate: (next, _previous, scope) => (scope === 'main' ? podErrors(next) : []),
  selectableFields: {
    'spec.nodeName': (pod) => stringAt(pod, 'spec', 'nodeName') ?? '',
    'spec.restartPolicy': (pod) => stringAt(pod, 'spec', 'restartPolicy') ?? '',
    'spec.schedulerName': (pod) => stringAt(pod, 'spec', 'schedulerName') ?? '',
    'spec.serviceAccountName': (pod) => stringAt(pod, 'spec', 'serviceAccountName') ?? '',
    'spec.hostNetwork': (pod) => String(objectAt(pod, 'spec')?.hostNetwork === true),
    'status.phase': (pod) => stringAt(pod, 'status', 'phase') ?? '',
    'status.podIP': (pod) => stringAt(pod, 'status', 'podIP') ?? '',
    'status.nominatedNodeName': (pod) => stringAt(pod, 'status', 'nominatedNodeName') ?? '',
  },
  gracePeriodSeconds: graceOf,
  goneWithDeletionTimestamp: true,
};

/** A Pod that a kubelet may run is given time; the kubelet deletes it again without grace when it has ended. */
function graceOf(pod: KubeObject, requested: number | undefined): number {
  const scheduled = (stringAt(pod, 'spec', 'nodeName') ?? '') !== '';
  const over = ['Failed', 'Succeeded'].includes(stringAt(pod, 'status', 'phase') ?? '');
  if (!scheduled || over) return 0;
  return requested ?? numberAt(pod, 'spec', 'terminationGracePeriodSeconds') ?? 30;
}

const DEFAULTS = {
  restartPolicy: 'Always',
  terminationGracePeriodSeconds: 30,
  dnsPolicy: 'ClusterFirst',
  securityContext: {},
  schedulerName: 'default-scheduler',
  enableServiceLinks: true,
  priority: 0,
  preemptionPolicy: 'PreemptLowerPriority',
};
const TOLERATED = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

function defaultPod(pod: KubeObject): KubeObject {
  const sent = objectAt(pod, 'spec') ?? {};
  const account = stringAt(sent, 'serviceAccountName') ?? stringAt(sent, 'serviceAccount');
  const tolerations = arrayAt(sent, 'tolerations');
  const added = TOLERATED.filter((key) => !tolerations.some((toleration) => tolerates(toleration, key)));
  const spec = {
    ...DEFAULTS,
    ...sent,
    ...(account === undefined ? {} : { serviceAccountName: account, serviceAccount: account }),
    containers: arrayAt(sent, 'containers').map(defaultContainer),
    tolerations: [
      ...tolerations,
      ...added.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 })),
    ],
  };
  return { ...pod, spec };
}

function tolerates(toleration: Json, key: string): boolean {
  const effect = stringAt(toleration, 'effect') ?? '';
  const named = stringAt(toleration, 'key') ?? '';
  return (named === key || named === '') && (effect === 'NoExecute' || effect === '');
}

function defaultContainer(container: Json): Json {
  if (!isObject(container)) return container;
  const image = stringAt(container, 'image') ?? '';
  const latest = !/:[^/]+$/.test(image) || image.endsWith(':latest');
  return {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: latest ? 'Always' : 'IfNotPresent',
    ...container,
  };
}
