import { expect, it } from 'vitest';
import { refreshInterval } from '../../../src/cli/option-values.ts';

it('a refresh interval is a duration that neither fills the LAN nor outlasts every cache', () => {
  expect(['0', '10s', '1m', '1m30s', '24h'].map(refreshInterval)).toEqual([0, 10_000, 60_000, 90_000, 86_400_000]);
  for (const text of ['9s', '1ms', '25h', '60', 'often', '-1m', ''])
    expect(() => refreshInterval(text)).toThrow(/must be/);
});
