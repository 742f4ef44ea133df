import { Bird } from '../support/interop/bird.ts';
import { routerSuite } from '../support/interop/router-suite.ts';

routerSuite({
  name: 'BIRD',
  programs: ['bird', 'birdc'],
  package: 'bird2',
  create: (namespace) => Bird.in(namespace),
  cannot: {
    'old-router': 'without 4-octet AS numbers it still reads ours from the capability, and refuses it',
  },
});
