import { expect, it } from 'vitest';
import { stepsOf } from '../../../../src/inspect/migrate/steps.ts';

const PASSWORDS = /^kubectl apply -f manifests\/metallb\/bgp-passwords\.yaml/;

it('the passwords of routers can be read before MetalLB with BGP stops', () => {
  const steps = stepsOf({ from: 'metallb', routed: true, legacy: false, planned: false });
  const at = steps.findIndex((step) => PASSWORDS.test(step));
  expect(at).toBeGreaterThan(steps.findIndex((step) => step.includes('beside-metallb')));
  expect(at).toBeLessThan(steps.findIndex((step) => step.includes('scale deployment/controller')));
});

it.each([
  { routed: false, legacy: false },
  { routed: true, legacy: true },
])('nobody may read Secrets for nothing: %o', (circumstances) => {
  const steps = stepsOf({ from: 'metallb', planned: false, ...circumstances });
  expect(steps.filter((step) => PASSWORDS.test(step))).toEqual([]);
});
