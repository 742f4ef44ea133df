import { describe, expect, it } from 'vitest';
import { admit } from '../../../../src/controller/speakers/admission.ts';

describe('of two sessions of one node', () => {
  const rows: string[] = [];
  for (const instance of ['same', 'other'] as const) {
    for (const pod of ['same', 'other'] as const) {
      for (const leaving of [false, true]) {
        for (const silentForMs of [999, 1000]) {
          const standing = { instanceId: 'same', podUid: 'same', leaving, silentForMs };
          const admission = admit(standing, { instanceId: instance, podUid: pod }, 1000);
          rows.push(
            `${instance} instance, ${pod} pod, ${leaving ? 'leaving' : 'staying'}, ${silentForMs} ms: ${admission}`,
          );
        }
      }
    }
  }

  it('the one that stands is decided for every case', () => {
    expect(rows).toEqual([
      'same instance, same pod, staying, 999 ms: replace',
      'same instance, same pod, staying, 1000 ms: replace',
      'same instance, same pod, leaving, 999 ms: replace',
      'same instance, same pod, leaving, 1000 ms: replace',
      'same instance, other pod, staying, 999 ms: refuse',
      'same instance, other pod, staying, 1000 ms: replace',
      'same instance, other pod, leaving, 999 ms: replace',
      'same instance, other pod, leaving, 1000 ms: replace',
      'other instance, same pod, staying, 999 ms: refuse',
      'other instance, same pod, staying, 1000 ms: replace',
      'other instance, same pod, leaving, 999 ms: refuse',
      'other instance, same pod, leaving, 1000 ms: replace',
      'other instance, other pod, staying, 999 ms: refuse',
      'other instance, other pod, staying, 1000 ms: replace',
      'other instance, other pod, leaving, 999 ms: replace',
      'other instance, other pod, leaving, 1000 ms: replace',
    ]);
  });
});
