import { GoBgp } from '../support/interop/gobgp.ts';
import { routerSuite } from '../support/interop/router-suite.ts';

routerSuite({
  name: 'GoBGP',
  programs: ['gobgpd', 'gobgp'],
  package: 'gobgpd',
  create: (namespace) => GoBgp.in(namespace),
  cannot: {
    bfd: 'has no BFD',
    refresh: 'keeps what it received, and asks for nothing again',
    'old-router': 'always offers 4-octet AS numbers',
  },
});
