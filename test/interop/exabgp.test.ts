import { ExaBgp } from '../support/interop/exabgp.ts';
import { routerSuite } from '../support/interop/router-suite.ts';

routerSuite({
  name: 'ExaBGP',
  programs: ['exabgp'],
  package: 'exabgp',
  create: (namespace) => ExaBgp.in(namespace),
  cannot: {
    bfd: 'has no BFD',
    'both-active': 'of two connections it may answer on neither',
    refresh: 'asks for no refresh',
    reset: 'resets no single session',
    limited: 'has no limit of prefixes',
    restart: 'keeps no routes: it has no table',
  },
});
