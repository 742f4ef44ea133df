import { describe, expect, it } from 'vitest';
import {
  conditionOf,
  configurationErrors,
  findingOf,
  linesFor,
} from '../../../../src/controller/configuration/configuration-state.ts';
import { assemble } from '../../../../src/core/config/assemble.ts';
import type { ConfigObject } from '../../../../src/ports/informer.ts';
import { configObject, pool } from '../../../support/config-objects.ts';

const peer = (name: string, fields: object = {}): ConfigObject =>
  configObject(
    'BGPPeer',
    name,
    { myASN: 64500, peerASN: 64501, peerAddress: '10.0.0.1', ...fields },
    { apiVersion: 'metallb.io/v1beta2' },
  );
const inRack = (rack: string) => ({ nodeSelectors: [{ matchLabels: { rack } }] });

function errorsOf(objects: readonly ConfigObject[], problems: Readonly<Record<string, string>> = {}) {
  const { config, verdicts } = assemble({
    objects,
    fixed: [],
    namespaces: [],
    reads: (namespace) => namespace === 'metallb-system',
  });
  const byUid = new Map(verdicts.map((verdict) => [verdict.uid, verdict]));
  const assessed = objects.flatMap((object) => {
    const verdict = byUid.get(object.meta.uid);
    return verdict === undefined ? [] : [{ object, verdict }];
  });
  const established = { status: 'Unknown' as const, reason: '', message: '' };
  const status = { settled: true, sessions: { wanted: 1, established: 0 }, established, nodes: [] };
  const peerStatus = (name: string) => ({ ...status, ...(problems[name] && { problem: problems[name] }) });
  return { verdicts, errors: configurationErrors({ config, assessed, verdicts, peers: { peerStatus } }) };
}

const sentence = (verdicts: ReturnType<typeof errorsOf>['verdicts'], name: string): string | undefined =>
  verdicts.find(({ origin }) => origin.name === name)?.message;

describe('what is said of the configuration as a whole', () => {
  it('is what the objects say: of pools to the controller, of everything else to the speakers', () => {
    const { verdicts, errors } = errorsOf([
      pool('good', ['10.0.0.0/24']),
      pool('wrong', ['10.1.0.5']),
      pool('twice', ['10.0.0.7/32'], { createdSecond: 1 }),
      peer('lost', { bfdProfile: 'none' }),
      configObject('Community', 'odd', { communities: [{ name: 'x', value: 'y' }] }),
    ]);
    expect(errors.controller).toEqual([
      `IPAddressPool metallb-system/twice: ${sentence(verdicts, 'twice')}`,
      `IPAddressPool metallb-system/wrong: ${sentence(verdicts, 'wrong')}`,
    ]);
    expect(linesFor({}, errors)).toEqual([
      `BGPPeer metallb-system/lost: ${sentence(verdicts, 'lost')}`,
      `Community metallb-system/odd: ${sentence(verdicts, 'odd')}`,
    ]);
  });

  it('concerns only the speakers of nodes that an object selects, and all where its selectors are wrong', () => {
    const { errors } = errorsOf([
      peer('a', { ...inRack('a'), bfdProfile: 'none' }),
      peer('b', { nodeSelectors: [{ matchExpressions: [{ key: 'rack', operator: 'in' }] }] }),
    ]);
    const named = (labels: Readonly<Record<string, string>>) =>
      linesFor(labels, errors).map((line) => line.split(':')[0]);
    expect(named({ rack: 'a' })).toEqual(['BGPPeer metallb-system/a', 'BGPPeer metallb-system/b']);
    expect(named({ rack: 'c' })).toEqual(['BGPPeer metallb-system/b']);
  });

  it('names a peer whose Secret is missing, on the nodes that are to hold its session', () => {
    const problem = 'spec.passwordSecret.name "gone": there is no such Secret; create it.';
    const secret = { passwordSecret: { name: 'gone' }, ...inRack('a') };
    const { errors } = errorsOf([peer('guarded', secret)], { guarded: problem });
    expect(linesFor({ rack: 'a' }, errors)).toEqual([`BGPPeer metallb-system/guarded: ${problem}`]);
    expect(linesFor({ rack: 'b' }, errors)).toEqual([]);
  });

  it('leaves out objects of namespaces that are not read: they may be those of another installation', () => {
    const { errors } = errorsOf([pool('elsewhere', ['10.1.0.5'], { namespace: 'other' })]);
    expect(errors).toEqual({ controller: [], speakers: [] });
  });

  it('is Valid without a word when nothing is wrong', () => {
    expect(findingOf([])).toEqual({
      result: 'Valid',
      errorSummary: null,
      condition: { status: 'True', reason: 'Reconciled', message: '' },
    });
  });

  it('has a line for each object, and counts those for which the schema has no room', () => {
    expect(findingOf(['one', 'two'])).toEqual({
      result: 'Invalid',
      errorSummary: 'one\ntwo',
      condition: { status: 'False', reason: 'ConfigurationError', message: 'one\ntwo' },
    });
    const { errorSummary } = findingOf(Array.from({ length: 1_000 }, (_, at) => `${at} ${'x'.repeat(100)}`));
    const lines = errorSummary?.split('\n') ?? [];
    expect(errorSummary?.length).toBeLessThanOrEqual(32_768);
    expect(lines.at(-1)).toBe(`and ${1_000 - lines.length + 1} more objects`);
  });

  it('keeps its time while the status stays, and takes a new one when it changes', () => {
    const now = new Date('2026-01-02T03:04:05.678Z');
    const first = conditionOf('x', findingOf(['one']), { present: [], now });
    expect(first).toEqual({
      type: 'x',
      status: 'False',
      reason: 'ConfigurationError',
      message: 'one',
      lastTransitionTime: '2026-01-02T03:04:05Z',
    });
    const later = { present: [first], now: new Date('2026-02-02T00:00:00Z') };
    expect(conditionOf('x', findingOf(['two']), later)).toMatchObject({
      message: 'two',
      lastTransitionTime: '2026-01-02T03:04:05Z',
    });
    expect(conditionOf('x', findingOf([]), later).lastTransitionTime).toBe('2026-02-02T00:00:00Z');
  });
});
