import { type Condition, type LoadBalancerIngress, type Service, timeText } from '../../ports/kubernetes.ts';
import type { ServiceChange } from '../../ports/stores.ts';
import type { LoadBalancerStatus } from '../cloud-provider/load-balancer.ts';
import { type Annotations, heldFinalizers, type Ownership, showsIngress } from './predicates.ts';

/** Type of the condition that says of which pools a Service has its addresses, or why it has none. */
export const ADDRESS_ALLOCATED = 'heraldlb.io/AddressAllocated';

/** For people: whoever reads more than that reads nothing. */
const MAX_MESSAGE_LENGTH = 4_096;

/** What a Service is to say. */
export interface Verdict {
  readonly ingress: readonly LoadBalancerIngress[];
  /** undefined: the annotation is not to be there. */
  readonly annotations: Annotations;
  /** From where the addresses come, for people. */
  readonly summary: string;
  /** Present while the Service waits. */
  readonly waiting?: { readonly reason: string; readonly message: string };
}

/** The verdict of a status, with `ipMode` as the API server would fill it in: else every comparison differs. */
export function verdictOf(status: LoadBalancerStatus, waiting?: Verdict['waiting']): Verdict {
  const ingress = status.ingress.map((entry) =>
    entry.ip === undefined || entry.ipMode !== undefined ? entry : { ...entry, ipMode: 'VIP' },
  );
  const { annotations = {}, summary = '' } = status;
  return { ingress, annotations, summary, ...(waiting === undefined ? {} : { waiting }) };
}

/** What must be written so that `service` says the verdict and carries our finalizer; undefined when it does already. */
export function changeToServe(
  service: Service,
  verdict: Verdict,
  context: { readonly ownership: Ownership; readonly now: Date },
): ServiceChange | undefined {
  const { ownership, now } = context;
  const leftovers = service.meta.finalizers.filter((each) => ownership.leftoverFinalizers.includes(each));
  const condition = changedCondition(service, verdict, now);
  const annotations = changedAnnotations(service, verdict.annotations);
  return orNothing({
    ...(service.meta.finalizers.includes(ownership.finalizer) ? {} : { addFinalizer: ownership.finalizer }),
    ...(leftovers.length === 0 ? {} : { removeFinalizers: leftovers }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(showsIngress(service, verdict.ingress) ? {} : { ingress: verdict.ingress }),
    ...(condition === undefined ? {} : { conditions: [condition] }),
  });
}

/** What must be written so that nothing of ours is left on `service`; undefined when nothing is. */
export function changeToRelease(
  service: Service,
  status: LoadBalancerStatus,
  ownership: Ownership,
): ServiceChange | undefined {
  const held = heldFinalizers(service, ownership);
  const ours = Object.keys(status.annotations ?? {}).map((key) => [key, undefined] as const);
  const annotations = changedAnnotations(service, Object.fromEntries(ours));
  return orNothing({
    ...(held.length === 0 ? {} : { removeFinalizers: held }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(service.status.ingress.length === 0 ? {} : { ingress: [] }),
    ...(conditionOf(service) === undefined ? {} : { removeConditions: [ADDRESS_ALLOCATED] }),
  });
}

/** Goes into the patch that writes the addresses: it costs no request of its own. */
function changedCondition(service: Service, { summary, waiting }: Verdict, now: Date): Condition | undefined {
  const present = conditionOf(service);
  const status = waiting === undefined ? 'True' : 'False';
  const { reason, message: whole } = waiting ?? { reason: 'Allocated', message: summary };
  const message = whole.slice(0, MAX_MESSAGE_LENGTH);
  if (present?.status === status && present.reason === reason && present.message === message) return undefined;
  const since = present?.status === status ? present.lastTransitionTime : timeText(now);
  return { type: ADDRESS_ALLOCATED, status, reason, message, lastTransitionTime: since };
}

function changedAnnotations({ meta }: Service, annotations: Annotations): Annotations | undefined {
  const changed = Object.entries(annotations).filter(([key, value]) => meta.annotations[key] !== value);
  return changed.length === 0 ? undefined : Object.fromEntries(changed);
}

/** What was said last of where its addresses come from. */
export function conditionOf({ status }: Service): Condition | undefined {
  return status.conditions.find((condition) => condition.type === ADDRESS_ALLOCATED);
}

function orNothing(change: ServiceChange): ServiceChange | undefined {
  return Object.keys(change).length === 0 ? undefined : change;
}
