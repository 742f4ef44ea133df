import { decode } from '../decode.ts';
import type { DecodedKind } from '../decoded.ts';
import type { Origin } from '../origin.ts';
import type { Problem } from '../problem.ts';
import type { SourceObject } from '../source.ts';
import { withOrigin } from '../with-origin.ts';
import type { LegacyEntry, LegacySource } from './entry.ts';
import type { PositionedProblem } from './positioned-problem.ts';
import { Findings, type Place, read } from './read.ts';
import { BFD_PROFILE, BGP_ADVERTISEMENT, type FieldsShape, LEGACY_NAMES, PEER, POOL } from './shape.ts';
import type { Position, YamlNode } from './yaml-node.ts';

/** How the names of pools and profiles become those of objects. */
export type Naming = (name: string) => string;

/** Makes objects of the parts of one legacy configuration. Numbers go through the whole of it: hence the state. */
export class Translator {
  readonly entries: LegacyEntry[] = [];
  /** What stands at the wrong indentation: while there is any, the rest of the text does not mean what it says. */
  readonly slips: PositionedProblem[] = [];
  readonly #source: LegacySource;
  readonly #poolName: Naming;
  readonly #profileName: Naming;
  #l2Advertisements = 0;
  #bgpAdvertisements = 0;

  constructor(source: LegacySource, naming: { readonly pool: Naming; readonly profile: Naming }) {
    this.#source = source;
    this.#poolName = naming.pool;
    this.#profileName = naming.profile;
  }

  peer(node: YamlNode, index: number): void {
    const part = this.#read(node, PEER, ['peers', index]);
    const { bfdProfile, holdTime = '90s', ...rest } = part.spec;
    // What the legacy default was. A keepalive time alone would else change it.
    const spec = { ...rest, holdTime, ...(bfdProfile ? { bfdProfile: renamed(bfdProfile, this.#profileName) } : {}) };
    this.#add('BGPPeer', `peer${index + 1}`, { ...part, spec: part.isFields ? spec : part.value });
  }

  pool(node: YamlNode, index: number): void {
    const part = this.#read(node, POOL, ['address-pools', index]);
    const { name = '', protocol, bgpAdvertisements, ...spec } = part.spec;
    const pool = this.#poolName(String(name));
    const wrong = protocolProblem(protocol, bgpAdvertisements, part.findings);
    if (wrong !== undefined) part.findings.problems.push(wrong);
    this.#add('IPAddressPool', pool, { ...part, spec: part.isFields ? spec : part.value });
    if (part.findings.problems.length > 0) return;
    if (protocol === 'layer2') {
      this.#l2Advertisements += 1;
      this.#addBare('L2Advertisement', `l2advertisement${this.#l2Advertisements}`, {
        ...part,
        path: `${part.path}.protocol`,
        spec: { ipAddressPools: [pool] },
      });
    } else this.#bgpAdvertisementsOf(node, pool, { index, part });
  }

  communities(values: Readonly<Record<string, unknown>>, part: { readonly path: string; findings: Findings }): void {
    const aliases = Object.keys(values).sort();
    for (const [at, name] of aliases.entries()) {
      const place = part.findings.places.get(`spec.communities[${at}]`) ?? { field: `${part.path}.${name}` };
      for (const member of ['name', 'value']) part.findings.places.set(`spec.communities[${at}].${member}`, place);
    }
    const spec = { communities: aliases.map((name) => ({ name, value: values[name] })) };
    if (aliases.length > 0) this.#add('Community', 'communities', { ...part, spec });
  }

  bfdProfile(node: YamlNode, index: number): void {
    const part = this.#read(node, BFD_PROFILE, ['bfd-profiles', index]);
    const { name = '', ...spec } = part.spec;
    this.#add('BFDProfile', this.#profileName(String(name)), { ...part, spec: part.isFields ? spec : part.value });
  }

  #bgpAdvertisementsOf(node: YamlNode, pool: string, { index, part }: { index: number; part: ReadPart }): void {
    const list = node.kind === 'mapping' ? node.entries.find(({ key }) => key === 'bgp-advertisements') : undefined;
    const items = list?.value.kind === 'list' ? list.value.items : [];
    for (const [at, item] of items.entries()) {
      const each = this.#read(item, BGP_ADVERTISEMENT, ['address-pools', index, 'bgp-advertisements', at]);
      const spec = each.isFields
        ? { ...each.spec, ipAddressPools: [pool] }
        : (each.value ?? { ipAddressPools: [pool] });
      this.#add('BGPAdvertisement', this.#nextBgpAdvertisement(), { ...each, spec });
    }
    if (items.length > 0) return;
    const path = `${part.path}.protocol`;
    this.#addBare('BGPAdvertisement', this.#nextBgpAdvertisement(), {
      ...part,
      path,
      spec: { ipAddressPools: [pool] },
    });
  }

  #nextBgpAdvertisement(): string {
    this.#bgpAdvertisements += 1;
    return `bgpadvertisement${this.#bgpAdvertisements}`;
  }

  #read(node: YamlNode, shape: FieldsShape, legacy: readonly (string | number)[]): ReadPart {
    const findings = new Findings();
    const value = read(node, shape, { legacy, object: ['spec'], findings });
    this.slips.push(...findings.slips);
    const path = findings.places.get('spec')?.field ?? '';
    const isFields = typeof value === 'object' && value !== null && !Array.isArray(value);
    return {
      path,
      findings,
      value,
      isFields,
      spec: isFields ? { ...value } : {},
      ...(node.position === undefined ? {} : { position: node.position }),
    };
  }

  /** An object that nothing of the text can make wrong. */
  #addBare(kind: DecodedKind, name: string, part: AddedPart): void {
    this.#add(kind, name, { ...part, findings: new Findings() });
  }

  #add(kind: DecodedKind, name: string, { path, spec, findings, position }: AddedPart): void {
    const object = this.#object(kind, name, { path, spec });
    const origin = legacyOrigin(this.#source, path);
    const decoded = decode(object);
    const found = decoded.kind === 'ok' ? [] : decoded.problems.map((problem) => inLegacyWords(problem, findings));
    const fields = new Set(findings.problems.map(({ field }) => field));
    const problems = [...findings.problems, ...found.filter(({ field }) => !fields.has(field))];
    this.entries.push({
      object,
      origin,
      ...(position === undefined ? {} : { position }),
      result:
        decoded.kind === 'ok' && problems.length === 0
          ? { kind: 'ok', value: withOrigin(decoded.value, origin) }
          : { kind: 'problems', problems },
    });
  }

  #object(kind: DecodedKind, name: string, { path, spec }: { path: string; spec: unknown }): SourceObject {
    const { namespace, uid, creationTimestamp } = this.#source;
    return {
      apiVersion: `metallb.io/${kind === 'BGPPeer' ? 'v1beta2' : 'v1beta1'}`,
      kind,
      meta: { namespace, name, uid: `${uid}/${kind}/${path}`, labels: {}, creationTimestamp },
      spec,
      status: undefined,
    };
  }
}

interface AddedPart {
  readonly path: string;
  readonly spec: unknown;
  readonly findings: Findings;
  readonly position?: Position;
}

interface ReadPart extends AddedPart {
  readonly spec: Readonly<Record<string, unknown>>;
  readonly value: unknown;
  readonly isFields: boolean;
}

/** How messages name a part of the ConfigMap; without a part, all of it. */
export function legacyOrigin({ namespace, name }: LegacySource, path: string): Origin {
  return { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: path === '' ? name : `${name} (${path})` };
}

function protocolProblem(
  protocol: unknown,
  advertisements: unknown,
  { places }: Findings,
): PositionedProblem | undefined {
  const at = (field: string): Place => places.get(`spec.${field}`) ?? { field };
  if (protocol === undefined || protocol === 'bgp') return undefined;
  if (protocol !== 'layer2') {
    return { ...at('protocol'), value: protocol, message: 'is not known here; write layer2 or bgp' };
  }
  return Array.isArray(advertisements) && advertisements.length > 0
    ? {
        ...at('bgpAdvertisements'),
        value: undefined,
        message: 'cannot go with protocol layer2; remove it, or write the protocol bgp',
      }
    : undefined;
}

function renamed(value: unknown, naming: Naming): unknown {
  return typeof value === 'string' ? naming(value) : value;
}

/** A problem of the object, told of the text that it was made of. */
function inLegacyWords({ field, value, message }: Problem, { places }: Findings): PositionedProblem {
  const place = places.get(field) ?? nearest(field, places);
  return { ...place, value, message: inLegacyNames(message) };
}

/** The names of fields in a message about an object, as they are in the text. */
export function inLegacyNames(message: string): string {
  return message
    .replaceAll(/\bspec\.([a-zA-Z]+)/g, (all, name: string) => LEGACY_NAMES.get(name) ?? all)
    .replaceAll(/\b[a-z]+(?:[A-Z]+[a-z]*)+\b/g, (name) => LEGACY_NAMES.get(name) ?? name);
}

function nearest(field: string, places: ReadonlyMap<string, Place>): Place {
  const above = field.replace(/(\.\w+|\[[^\]]*\])$/, '');
  if (above === field) return { field };
  return places.get(above) ?? nearest(above, places);
}
