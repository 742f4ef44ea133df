const NAME_MAX = 63;

/**
 * The name that MetalLB's own converter makes of one of the legacy configuration: lower case, with dashes, from its first
 * letter on. What is still no name of an object after that is replaced by dashes.
 * @see RFC 1123, MetalLB configmaptocrs
 */
function objectName(text: string): string {
  const lower = text
    .slice(0, NAME_MAX)
    .toLowerCase()
    .replaceAll('_', '-')
    .replace(/^[^a-z]+/, '');
  return lower.replaceAll(/[^a-z0-9.-]/g, '-').replace(/[^a-z0-9]+$/, '') || 'unnamed';
}

/** Legal names for names that were free; equal ones stay equal, and different ones stay different. */
export class ObjectNames {
  /** BOUNDED: by the names in one text. */
  readonly #given = new Map<string, string>();
  readonly #taken = new Set<string>();

  /** Those that are not what they were. */
  changed(): readonly { readonly from: string; readonly to: string }[] {
    return [...this.#given].filter(([from, to]) => from !== to).map(([from, to]) => ({ from, to }));
  }

  nameFor(text: string): string {
    const given = this.#given.get(text);
    if (given !== undefined) return given;
    const base = objectName(text);
    let name = base;
    for (let number = 2; this.#taken.has(name); number += 1) name = `${base.slice(0, NAME_MAX - 5)}-${number}`;
    this.#given.set(text, name);
    this.#taken.add(name);
    return name;
  }
}
