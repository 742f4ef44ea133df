import { beforeEach, describe, expect, it } from 'vitest';
import { type StateStore, StateStoreError } from '../../../../src/ports/state-store.ts';
import { StateKeeper } from '../../../../src/speaker/local-state/state-keeper.ts';
import { ManualTime } from '../../../support/manual-time.ts';
import { RecordingLog, RecordingMetrics } from '../../../support/recording-telemetry.ts';

describe('the keeper of a state', () => {
  let time: ManualTime;
  let log: RecordingLog;
  let metrics: RecordingMetrics;
  let written: { readonly atMs: number; readonly value: unknown }[];
  let value: number;
  let refusal: Error | undefined;
  let keeper: StateKeeper;

  beforeEach(() => {
    time = new ManualTime();
    log = new RecordingLog();
    metrics = new RecordingMetrics();
    written = [];
    value = 0;
    refusal = undefined;
    const store: StateStore = {
      read: () => (refusal === undefined ? Promise.resolve('kept') : Promise.reject(refusal)),
      write: (_, kept) => {
        if (refusal !== undefined) return Promise.reject(refusal);
        written.push({ atMs: time.nowMs(), value: kept });
        return Promise.resolve();
      },
    };
    keeper = new StateKeeper(
      { name: 'layer2' },
      {
        store,
        timers: time,
        log,
        failures: metrics.counter({ name: 'failures', help: '', labels: ['reason'] }),
        value: () => value,
      },
    );
  });

  const change = (to: number): void => {
    value = to;
    keeper.changed();
  };

  it('writes the last of many changes, soon after the first', async () => {
    for (let count = 1; count <= 1000; count += 1) change(count);
    await time.advance(60);
    expect(written).toEqual([{ atMs: 50, value: 1000 }]);
  });

  it('writes at most once a second while changes go on', async () => {
    for (let count = 1; count <= 300; count += 1) {
      change(count);
      await time.advance(10);
    }
    await time.advance(2000);
    const gaps = written.slice(1).map(({ atMs }, index) => atMs - (written[index]?.atMs ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1000);
    expect(written.at(-1)?.value).toBe(300);
  });

  it('writes nothing when nothing changed', async () => {
    change(1);
    await time.advance(10_000);
    await keeper.close();
    expect(written).toHaveLength(1);
  });

  it('writes what is open when it closes, and nothing after that', async () => {
    change(1);
    await keeper.close();
    change(2);
    await time.advance(10_000);
    expect(written.map((write) => write.value)).toEqual([1]);
  });

  it('goes on without a store that refuses, says so once, and writes when it works again', async () => {
    refusal = new Error('read-only file system');
    change(1);
    await time.advance(100);
    change(2);
    await time.advance(2000);
    expect(log.lines.filter(({ event }) => event === 'local-state-unwritable')).toHaveLength(1);
    refusal = undefined;
    change(3);
    await time.advance(2000);
    expect(written.map((write) => write.value)).toEqual([3]);
  });

  it('counts and explains a state that it leaves out', async () => {
    refusal = new StateStoreError('damaged', 'it is cut');
    expect(await keeper.restore(String)).toBeUndefined();
    expect(log.lines).toContainEqual(
      expect.objectContaining({ event: 'local-state-ignored', fields: expect.objectContaining({ reason: 'damaged' }) }),
    );
    refusal = undefined;
    expect(await keeper.restore(String)).toBe('kept');
  });

  it('counts and explains a state that cannot be decoded', async () => {
    const decode = (): never => {
      throw new RangeError('a grant without an address');
    };
    expect(await keeper.restore(decode)).toBeUndefined();
    const fields = { name: 'layer2', reason: 'damaged', detail: 'a grant without an address' };
    expect(log.lines).toContainEqual(expect.objectContaining({ event: 'local-state-ignored', fields }));
    expect(metrics.value('failures', { reason: 'damaged' })).toBe(1);
  });

  it('lets a mistake of the program through', async () => {
    const decode = (): never => {
      throw new TypeError('undefined is not a function');
    };
    await expect(keeper.restore(decode)).rejects.toThrow('undefined is not a function');
  });
});
