import {
  CeaseSubcode,
  ErrorCode,
  encodeCommunication,
  type Notification,
  notification,
} from '../../codec/bgp/index.ts';
import { ceaseWith, type EndedStep, ended } from './connection-step.ts';
import type { Connection, PeerAction, PeerConfig, PeerState, PeerStep, StopReason } from './types.ts';
import { stopWords } from './words.ts';

/** Back to Idle from wherever, and stays there. Events 2 and 8. @see RFC 4271 §8.2.2 */
export function stopPeer(state: PeerState, reason: StopReason, config: PeerConfig): PeerStep {
  if (state.phase === 'stopped') return { state, actions: [] };
  const steps = state.connections.map((connection) => stopConnection(connection, reason, config));
  const end = steps[0]?.end ?? { cause: 'stopped', words: stopWords(reason) };
  const actions: PeerAction[] = steps.flatMap((step) => step.actions);
  for (const { kind, id } of state.connections)
    if (kind === 'established') actions.push({ kind: 'down', connection: id });
  if (state.dialling) actions.push({ kind: 'abortConnect' });
  for (const timer of ['connectRetry', 'idleHold', 'stable'] as const) actions.push({ kind: 'stopTimer', timer });
  return {
    state: { ...state, phase: 'stopped', dialling: false, connections: [], connectRetryCounter: 0, lastEnd: end },
    actions: [...actions, { kind: 'ended', end }],
  };
}

function stopConnection(connection: Connection, reason: StopReason, config: PeerConfig): EndedStep {
  const because = { cause: 'stopped', words: stopWords(reason) } as const;
  const isKept = connection.kind === 'established' && config.gracefulRestart !== undefined;
  // Without a word the peer keeps our routes until we are back. @see RFC 4724 §4.2
  if (reason.kind === 'gracefulRestart' && isKept) return ended(connection, because);
  return ceaseWith(connection, ceaseOf(reason), because);
}

function ceaseOf(reason: StopReason): Notification {
  const communication = ('communication' in reason ? reason.communication : undefined) ?? '';
  const data = communication === '' ? undefined : encodeCommunication(communication);
  return notification(ErrorCode.cease, SUBCODES[reason.kind], data);
}

const SUBCODES: Readonly<Record<StopReason['kind'], number>> = {
  administrativeShutdown: CeaseSubcode.administrativeShutdown,
  administrativeReset: CeaseSubcode.administrativeReset,
  peerDeconfigured: CeaseSubcode.peerDeconfigured,
  configurationChange: CeaseSubcode.otherConfigurationChange,
  outOfResources: CeaseSubcode.outOfResources,
  gracefulRestart: CeaseSubcode.administrativeShutdown,
};
