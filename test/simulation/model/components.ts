import type { Network } from './network.ts';
import type { SimNode } from './sim-node.ts';

/** Sets of nodes that all reach each other; a node that reaches only some of its set makes the whole set no subject. */
export function wholeComponents(nodes: readonly SimNode[], network: Network): readonly (readonly SimNode[])[] {
  const reaches = (a: SimNode, b: SimNode): boolean => network.reaches(a.name, b.name);
  const left = new Set(nodes.filter(({ name, powered }) => powered && network.isOn(name)));
  const components: SimNode[][] = [];
  for (const seed of left) {
    const component = [seed];
    left.delete(seed);
    for (const member of component)
      for (const other of left)
        if (reaches(member, other) || reaches(other, member)) {
          component.push(other);
          left.delete(other);
        }
    if (component.every((a) => component.every((b) => reaches(a, b)))) components.push(component);
  }
  return components;
}
