import { Frr } from '../support/interop/frr.ts';
import { routerSuite } from '../support/interop/router-suite.ts';

routerSuite({
  name: 'FRR',
  programs: ['vtysh'],
  package: 'frr',
  create: (namespace) => Frr.in(namespace),
  // What we offer counts for it, though it offers nothing itself: it takes the AS4_PATH for superfluous.
  oldAsPath: [23_456, 23_456, 23_456],
  cannot: {},
});
