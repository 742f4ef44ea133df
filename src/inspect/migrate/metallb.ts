import type { ForeignObject } from './sources.ts';
import {
  bgpAdvertisement,
  layer2,
  member,
  members,
  type PlannedObject,
  pool,
  type Translation,
  textOf,
} from './translation.ts';

/**
 * The `AddressPool`s of MetalLB 0.12 and 0.13, in the words of later versions. Everything else of MetalLB is read where it is.
 * @see https://metallb.universe.tf/release-notes/ 0.13.2, 0.14.0
 */
export function fromAddressPools(objects: readonly ForeignObject[], namespace: string): Translation {
  return {
    objects: objects.flatMap((object) => addressPool(object, namespace)),
    notes: objects.map(
      ({ name }) => `AddressPool ${name} is of a kind that ended with MetalLB 0.13: it is written anew`,
    ),
  };
}

function addressPool({ name, spec }: ForeignObject, namespace: string): readonly PlannedObject[] {
  const made = pool(namespace, name, {
    addresses: members(spec.addresses),
    ...(spec.autoAssign === false ? { autoAssign: false } : {}),
  });
  const selected = { ipAddressPools: [made.metadata.name] };
  if (textOf(spec.protocol) !== 'bgp') return [made, layer2(namespace, name, selected)];
  // Without any, it is announced as it is.
  const [first, ...others] = members(spec.bgpAdvertisements);
  const advertisements = [first, ...others].map((said, place) =>
    bgpAdvertisement(namespace, place === 0 ? name : `${name}-${place + 1}`, { ...selected, ...routeFields(said) }),
  );
  return [made, ...advertisements];
}

const ROUTE_FIELDS = ['aggregationLength', 'aggregationLengthV6', 'localPref', 'communities'] as const;

function routeFields(said: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    ROUTE_FIELDS.flatMap((field) => {
      const value = member(said, field);
      return value === undefined ? [] : [[field, value]];
    }),
  );
}
