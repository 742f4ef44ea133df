import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { bgpPage } from '../../../../../tools/bgp-page.ts';
import { bgpTransitions } from '../../../../../tools/bgp-table.ts';

const transitions = bgpTransitions();

describe('the table of the BGP machine', () => {
  it('decides every event in every state, and is the one in docs/rfc/bgp.md: `npm run generate` writes it', async () => {
    const states = new Set(transitions.map(({ state }) => state));
    const events = new Set(transitions.map(({ event }) => event));
    expect(transitions).toHaveLength(states.size * events.size);
    expect(await readFile('docs/rfc/bgp.md', 'utf8')).toBe(bgpPage());
  });

  it('is stopped by a stop wherever it stands', () => {
    for (const { state, event, next } of transitions) {
      if (event.startsWith('stop')) expect([state, next]).toEqual([state, 'Idle']);
    }
  });

  it('reaches Established only by a KEEPALIVE in OpenConfirm', () => {
    const up = transitions.filter(({ state, next }) => state !== 'Established' && next.startsWith('Established'));
    expect(up.map(({ state, event }) => `${state}: ${event}`)).toEqual(['OpenConfirm: KEEPALIVE (26)']);
  });

  it('says with every way out of Established why, and that the session is down', () => {
    for (const { state, next, actions } of transitions) {
      if (state !== 'Established' || next === 'Established') continue;
      expect(actions).toMatch(/session down.*report/);
    }
  });

  it('never answers a NOTIFICATION (RFC 4271 §6.4)', () => {
    for (const { event, actions } of transitions) {
      if (event.startsWith('NOTIFICATION')) expect(actions).not.toContain('send');
    }
  });
});
