import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keptKeys, secretData } from '../../../../src/controller/speakers/hello-key-policy.ts';
import { HelloKeys } from '../../../../src/controller/speakers/hello-keys.ts';
import { ApiError } from '../../../../src/ports/api-error.ts';
import type { HelloKey } from '../../../../src/ports/channel.ts';
import type { Secret, SecretStore } from '../../../../src/ports/stores.ts';
import { MemoryObjects, memorySecrets } from '../../../support/channel/memory-stores.ts';
import { ManualTime } from '../../../support/manual-time.ts';
import { RecordingLog } from '../../../support/recording-telemetry.ts';

const SECRET = { namespace: 'heraldlb-system', name: 'heraldlb-hello-keys' };
const HOUR_MS = 3_600_000;

describe('the keys of hellos', () => {
  let time: ManualTime;
  let kept: MemoryObjects<Secret>;
  let secrets: SecretStore;
  let log: RecordingLog;
  let leading: AbortController;
  let reaches: boolean;
  let made: number;

  beforeEach(() => {
    time = new ManualTime();
    kept = new MemoryObjects();
    secrets = memorySecrets(kept);
    log = new RecordingLog();
    leading = new AbortController();
    reaches = true;
    made = 0;
  });
  afterEach(() => leading.abort());

  /** A leader; what it handed out, newest last. */
  function lead(): (readonly HelloKey[])[] {
    const handedOut: (readonly HelloKey[])[] = [];
    const keys = new HelloKeys(
      { secret: SECRET },
      {
        secrets,
        clock: time,
        timers: time,
        log,
        newKey: () => {
          made += 1;
          return new Uint8Array(32).fill(made);
        },
        distribute: (now) => handedOut.push(now),
        reachesAll: () => reaches,
      },
    );
    void keys.run(leading.signal);
    return handedOut;
  }
  async function pass(ms: number): Promise<void> {
    for (let left = ms; left >= 0; left -= 600_000) {
      await time.advance(Math.min(600_000, left));
      for (let turn = 0; turn < 8; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const idsOf = (keys: readonly HelloKey[] | undefined) => keys?.map(({ id }) => id);

  it('are made once, and are the same for every later leader', async () => {
    const first = lead();
    await pass(0);
    leading.abort();
    leading = new AbortController();
    const second = lead();
    await pass(0);
    expect(first.at(-1)).toEqual([{ id: 1, key: new Uint8Array(32).fill(1) }]);
    expect(second).toEqual(first);
    expect(kept.writes).toBe(1);
  });

  it('are rotated each day, and each is known for an hour before and a day after it is used', async () => {
    const handedOut = lead();
    await pass(80 * HOUR_MS);
    const steps = handedOut.map((keys) => idsOf(keys)?.join() ?? '').filter((ids, at, all) => ids !== all[at - 1]);
    expect(steps).toEqual(['1', '1,2', '2,1', '2,3', '3,2', '3,4', '4,3']);
    for (const [at, keys] of handedOut.entries()) {
      const before = handedOut[at - 1] ?? keys;
      // Whoever has the keys of before and whoever has those of now understand each other.
      expect(idsOf(before)).toContain(keys[0]?.id);
      expect(idsOf(keys)).toContain(before[0]?.id);
    }
  });

  it('stay as they are while a speaker that lives cannot be told', async () => {
    const handedOut = lead();
    await pass(0);
    reaches = false;
    await pass(72 * HOUR_MS);
    expect(idsOf(handedOut.at(-1))).toEqual([1]);
    reaches = true;
    await pass(HOUR_MS / 2);
    expect(idsOf(handedOut.at(-1))).toEqual([1, 2]);
  });

  it('are made anew, and that is told, when somebody wrote something else into the Secret', async () => {
    for (const data of [
      {},
      { state: new TextEncoder().encode('{') },
      { state: new TextEncoder().encode('{"order":[1],"introducing":false,"changedAt":"2026-01-01T00:00:00Z"}') },
      { ...secretData({ keys: [{ id: 1, key: new Uint8Array(31) }], introducing: false, changedAt: new Date() }) },
      { state: new TextEncoder().encode('{"order":[900],"introducing":false,"changedAt":"x"}') },
    ]) {
      kept.remove(SECRET);
      await secrets.create({ ref: SECRET, type: 'Opaque', data });
      leading.abort();
      leading = new AbortController();
      const handedOut = lead();
      await pass(0);
      expect(handedOut.at(-1)?.[0]?.key).toHaveLength(32);
      expect(keptKeys(kept.peek(SECRET)?.data ?? {})?.keys).toEqual(handedOut.at(-1));
    }
    expect(log.events('warn')).toEqual(Array(5).fill('hello-keys-unreadable'));
  });

  it('stay in use when somebody damages or deletes the Secret: they are written back', async () => {
    const handedOut = lead();
    await pass(0);
    const before = handedOut.at(-1);
    kept.remove(SECRET);
    await secrets.create({ ref: SECRET, type: 'Opaque', data: {} });
    await pass(600_000);
    expect(keptKeys(kept.peek(SECRET)?.data ?? {})?.keys).toEqual(before);
    kept.remove(SECRET);
    await pass(600_000);
    expect(keptKeys(kept.peek(SECRET)?.data ?? {})?.keys).toEqual(before);
    expect(handedOut.every((keys) => idsOf(keys)?.join() === '1')).toBe(true);
    expect(log.events('warn')).toEqual(['hello-keys-unreadable']);
  });

  it('that somebody wrote into the Secret are introduced beside those in use, and used an hour later', async () => {
    const handedOut = lead();
    await pass(0);
    const theirs = { id: 1, key: new Uint8Array(32).fill(77) };
    kept.remove(SECRET);
    const data = secretData({ keys: [theirs], introducing: false, changedAt: time.wallTime() });
    await secrets.create({ ref: SECRET, type: 'Opaque', data });
    await pass(2 * HOUR_MS);
    const steps = handedOut.map((keys) => keys.map(({ id, key }) => `${id}:${key[0]}`).join());
    expect(steps.filter((step, at) => step !== steps[at - 1])).toEqual(['1:1', '1:1,2:77', '2:77,1:1']);
    expect(log.events('warn')).toEqual(['hello-keys-edited']);
  });

  describe('when somebody writes into the Secret while nobody leads,', () => {
    /** Changes what the Secret holds, or all of it where `rest` is left out. */
    async function edit(edited: Secret['data'], rest = kept.peek(SECRET)?.data ?? {}): Promise<void> {
      leading.abort();
      leading = new AbortController();
      kept.remove(SECRET);
      await secrets.create({ ref: SECRET, type: 'Opaque', data: { ...rest, ...edited } });
    }
    const stepsOf = (handedOut: readonly (readonly HelloKey[])[]) =>
      handedOut
        .map((keys) => keys.map(({ id, key }) => `${id}:${key[0]}`).join())
        .filter((step, at, steps) => step !== steps[at - 1]);

    it('theirs are introduced beside those that the last leader handed out', async () => {
      lead();
      await pass(0);
      await edit({ 'key-1': new Uint8Array(32).fill(77) });
      const handedOut = lead();
      await pass(2 * HOUR_MS);
      expect(stepsOf(handedOut)).toEqual(['1:1,2:77', '2:77,1:1']);
      expect(log.events('warn')).toEqual(['hello-keys-edited']);
    });

    it('those that the last leader handed out stay alone while a speaker that lives cannot be told', async () => {
      lead();
      await pass(0);
      await edit({ 'key-1': new Uint8Array(32).fill(77) });
      reaches = false;
      const handedOut = lead();
      await pass(HOUR_MS);
      expect(stepsOf(handedOut)).toEqual(['1:1']);
    });

    it('what is damaged is written back', async () => {
      lead();
      await pass(26 * HOUR_MS);
      const before = kept.peek(SECRET)?.data;
      await edit({ state: new TextEncoder().encode('{') });
      const handedOut = lead();
      await pass(0);
      expect(stepsOf(handedOut)).toEqual(['2:2,1:1']);
      expect(kept.peek(SECRET)?.data).toEqual(before);
    });

    it('a Secret that is another altogether counts at once', async () => {
      lead();
      await pass(0);
      const theirs = {
        keys: [{ id: 7, key: new Uint8Array(32).fill(7) }],
        introducing: false,
        changedAt: time.wallTime(),
      };
      await edit(secretData(theirs), {});
      const handedOut = lead();
      await pass(0);
      expect(stepsOf(handedOut)).toEqual(['7:7']);
    });
  });

  it('are not replaced by a leader that cannot read them while a speaker cannot be told', async () => {
    await secrets.create({ ref: SECRET, type: 'Opaque', data: {} });
    reaches = false;
    const handedOut = lead();
    await pass(HOUR_MS);
    expect(handedOut).toEqual([]);
    expect(kept.writes).toBe(1);
    reaches = true;
    await pass(600_000);
    expect(idsOf(handedOut.at(-1))).toEqual([1]);
  });

  it('are those of the faster of two leaders', async () => {
    const winner = {
      keys: [{ id: 9, key: new Uint8Array(32).fill(9) }],
      introducing: false,
      changedAt: time.wallTime(),
    };
    secrets = {
      ...secrets,
      create: async (secret) => {
        await memorySecrets(kept).create({ ref: SECRET, type: 'Opaque', data: secretData(winner) });
        return await memorySecrets(kept).create(secret);
      },
    };
    const handedOut = lead();
    await pass(10_000);
    expect(handedOut.at(-1)).toEqual(winner.keys);
  });

  it('are not handed out before they are kept: a Secret that cannot be written is told once, and tried again', async () => {
    kept.failures.push(...Array.from({ length: 3 }, () => new ApiError('forbidden', 'no')));
    const handedOut = lead();
    await pass(4_000);
    expect(handedOut).toEqual([]);
    for (let at = 0; at < 4; at += 1) await pass(5_000);
    expect(idsOf(handedOut.at(-1))).toEqual([1]);
    expect(log.events('warn')).toEqual(['hello-keys-failed']);
  });
});
