import { described, labelSelectors, names } from './fields.ts';

/** What every advertisement selects, whatever the protocol. */
export const advertisementFields = {
  ipAddressPools: described(
    names('an IPAddressPool'),
    'Names of the pools to announce. With `ipAddressPoolSelectors`: united. With neither: every pool.',
  ).default([]),
  ipAddressPoolSelectors: labelSelectors('Selects those pools by their labels; any one must match.'),
  nodeSelectors: labelSelectors('Only nodes that match any one of these announce. Empty: every node.'),
  serviceSelectors: labelSelectors(
    'Only addresses of Services whose labels match any one of these are announced. Empty: of every Service.',
  ),
};
