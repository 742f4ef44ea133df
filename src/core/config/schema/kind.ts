import { z } from 'zod';
import type { Decoded, DecodedKind } from '../decoded.ts';
import type { Origin } from '../origin.ts';
import type { Problem } from '../problem.ts';
import type { CelRule } from './fields.ts';
import { problemOf } from './issues.ts';

export type ApiGroup = 'heraldlb.io' | 'metallb.io';

/** One of our API kinds: from this its TypeScript types, its checks, its CRDs and its reference page are made. */
export interface KindDefinition {
  readonly kind: DecodedKind;
  /** As in MetalLB's group; see resource-names.ts for ours. */
  readonly plural: string;
  readonly singular: string;
  readonly shortName: string;
  readonly description: string;
  /** Those of one group share their stored objects; the last is the one that is stored. */
  readonly versions: readonly KindVersion[];
}

/** What a CustomResourceDefinition is made of. */
export interface ServedKind extends Pick<KindDefinition, 'plural' | 'singular' | 'shortName' | 'description'> {
  readonly kind: string;
  readonly versions: readonly Omit<KindVersion, 'decode'>[];
}

export interface KindVersion {
  readonly group: ApiGroup;
  readonly version: string;
  /** Shown by `kubectl` to whoever uses this version. */
  readonly deprecationWarning?: string;
  readonly specRequired: boolean;
  readonly spec: z.ZodType;
  readonly status: z.ZodType;
  /** Rules over the whole spec. */
  readonly rules: readonly CelRule[];
  readonly columns: readonly PrinterColumn[];
  readonly decode: (spec: unknown, source: DecodeSource) => DecodeResult;
}

/** @see Kubernetes API CustomResourceColumnDefinition */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'boolean' | 'date' | 'integer' | 'string';
  readonly jsonPath: string;
  readonly priority?: number;
}

/** What a decoded object takes from its metadata. */
export interface DecodeSource {
  readonly origin: Origin;
  readonly labels: Readonly<Record<string, string>>;
}

export type DecodeResult =
  | { readonly kind: 'ok'; readonly value: Decoded }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

interface VersionInput<Spec extends z.ZodType> {
  readonly spec: Spec;
  readonly status: z.ZodType;
  readonly rules?: readonly CelRule[];
  /** Those of the kind itself, before the ones that every kind of the group has. */
  readonly columns: readonly PrinterColumn[];
  readonly specRequired: boolean;
  readonly build: (spec: z.output<Spec>, source: DecodeSource) => Decoded;
}

/** A version of MetalLB's group: MetalLB's columns, and whether the object is in force. */
export function metallbVersion<Spec extends z.ZodType>(
  served: Pick<KindVersion, 'version' | 'deprecationWarning'>,
  input: VersionInput<Spec>,
): KindVersion {
  return kindVersion({ ...served, group: 'metallb.io' }, { ...input, columns: [...input.columns, VALID_COLUMN] });
}

/** The version of our own group, which shows as well why an object is not in force. */
export function ownVersion<Spec extends z.ZodType>(input: VersionInput<Spec>): KindVersion {
  const columns = [...input.columns, VALID_COLUMN, REASON_COLUMN, ageColumn];
  return kindVersion({ version: 'v1', group: 'heraldlb.io' }, { ...input, columns });
}

/** The decoder is made of the schema. */
function kindVersion<Spec extends z.ZodType>(
  served: Pick<KindVersion, 'group' | 'version' | 'deprecationWarning'>,
  { build, rules = [], ...input }: VersionInput<Spec>,
): KindVersion {
  return { ...served, ...input, rules, decode: (spec, source) => decodeSpec(input.spec, build, spec, source) };
}

function decodeSpec<Spec extends z.ZodType>(
  schema: Spec,
  build: (spec: z.output<Spec>, source: DecodeSource) => Decoded,
  spec: unknown,
  source: DecodeSource,
): DecodeResult {
  const written = withoutNulls(spec) ?? {};
  const result = schema.safeParse(written);
  if (result.success) return { kind: 'ok', value: build(result.data, source) };
  return {
    kind: 'problems',
    problems: result.error.issues.map((issue) => problemOf(issue, shownValue(written, issue.path), ['spec'])),
  };
}

/** Deeper than any field of ours; what lies below is not looked at, so that no object can exhaust the stack. */
const DEPTH_MAX = 32;

/** Kubernetes takes a null for an absent field. */
function withoutNulls(value: unknown, depth = 0): unknown {
  if (value === null || depth > DEPTH_MAX) return undefined;
  if (Array.isArray(value)) return value.map((item) => (item === null ? null : withoutNulls(item, depth + 1)));
  if (typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null && member !== undefined)
      .map(([key, member]) => [key, withoutNulls(member, depth + 1)]),
  );
}

/** Passwords do not go into conditions, events and logs. */
function shownValue(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.includes('password') ? '(not shown)' : valueAt(value, path);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    value,
  );
}

/** @see Kubernetes API meta/v1 Condition */
export const conditions = z
  .array(
    z.object({
      type: z.string().max(316),
      status: z.enum(['True', 'False', 'Unknown']),
      reason: z.string().min(1).max(1024),
      message: z.string().max(32768),
      observedGeneration: z.int().min(0).meta({ format: 'int64' }).optional(),
      lastTransitionTime: z.string().meta({ format: 'date-time' }),
    }),
  )
  .meta({
    description: '`Valid`: whether this object is in force as it is written; if not, why, and what to do.',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
  });

export const conditionsOnly = z.object({ conditions: conditions.optional() });

const VALID_COLUMN: PrinterColumn = {
  name: 'Valid',
  type: 'string',
  jsonPath: '.status.conditions[?(@.type=="Valid")].status',
};

const REASON_COLUMN: PrinterColumn = {
  name: 'Reason',
  type: 'string',
  jsonPath: '.status.conditions[?(@.type=="Valid")].reason',
  priority: 1,
};

export const ageColumn: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };
