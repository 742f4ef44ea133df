import { OpenBgpd } from '../support/interop/openbgpd.ts';
import { routerSuite } from '../support/interop/router-suite.ts';

routerSuite({
  name: 'OpenBGPD',
  programs: ['bgpd', 'bgpctl'],
  package: 'openbgpd',
  create: (namespace) => OpenBgpd.in(namespace),
  cannot: {
    bfd: 'has no BFD',
  },
});
