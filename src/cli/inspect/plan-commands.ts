import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import { parseAllDocuments, stringify } from 'yaml';
import { mapConfigObject } from '../../adapters/kube/mapping/objects.ts';
import { mapService } from '../../adapters/kube/mapping/service.ts';
import type { WireObject } from '../../adapters/kube/mapping/wire.ts';
import { parseYaml, parseYamlDocuments } from '../../adapters/yaml/positioned-yaml.ts';
import { convertLegacy } from '../../core/config/legacy/convert.ts';
import { describeProblem } from '../../core/config/problem.ts';
import { givenConfiguration } from '../../inspect/given-configuration.ts';
import { settingsFor } from '../../inspect/given-settings.ts';
import { formatPlan } from '../../inspect/migrate/format.ts';
import { type MigrationInput, planMigration } from '../../inspect/migrate/plan.ts';
import {
  FOREIGN_CONFIG_MAPS,
  FOREIGN_KINDS,
  type ForeignObject,
  SOURCES,
  type Source,
} from '../../inspect/migrate/sources.ts';
import { type PlannedObject, planned, type Translation } from '../../inspect/migrate/translation.ts';
import type { RehearsalOptions } from '../../inspect/rehearsal/allocation.ts';
import { type Applied, formatApply, simulateApply } from '../../inspect/simulate-apply.ts';
import type { ClusterReader, ClusterSnapshot } from '../../ports/cluster-snapshot.ts';
import { messageOf } from '../../ports/error-message.ts';
import { keyOf, type ObjectRef } from '../../ports/kubernetes.ts';
import { collected } from '../option-values.ts';
import { UsageError } from '../process-life.ts';
import { HEALTHY, type InspectFlags, inspecting, PROBLEMS, run } from './commands.ts';
import { print } from './output.ts';

export type RehearsalFlags = InspectFlags & {
  readonly configNamespace: readonly string[];
  readonly loadBalancerClass?: string;
  readonly ignoreExcludeLb?: boolean;
};

/** `simulate apply FILE`: what would change, before it does. */
export function simulateApplyCommand(): Command {
  return rehearsing('apply', 'Shows which Services would get other addresses, and which objects would not be in force.')
    .argument('<file>', 'YAML that is to be applied; - for standard input')
    .action(async (file: string, flags: RehearsalFlags) => {
      await run(flags, async (cluster) => {
        const applied = appliedObjects(await contentOf(file));
        const snapshot = await cluster.snapshot();
        const view = await simulateApply(snapshot, applied, await optionsFor(cluster, snapshot, flags));
        print(view, flags.output, () => formatApply(view));
        return view.refused.length > 0 || view.changes.some(({ refusal }) => refusal !== undefined)
          ? PROBLEMS
          : HEALTHY;
      });
    });
}

/** `migrate --from X`: a plan, and what HeraldLB would decide beside what is there. */
export function migrateCommand(): Command {
  return rehearsing(
    'migrate',
    'Plans the move from another load balancer, with the addresses that Services have. Changes nothing.',
  )
    .addOption(new Option('--from <name>', 'load balancer that is there').choices(SOURCES).makeOptionMandatory())
    .action(async (flags: RehearsalFlags & { readonly from: Source }) => {
      await run(flags, async (cluster) => {
        const { from } = flags;
        const snapshot = await cluster.snapshot();
        const foreign = await foreignObjects(cluster, from);
        const plan = await planMigration({
          from,
          snapshot,
          foreign,
          ...(foreign.length === 0 ? await foreignSettings(cluster, from, snapshot) : {}),
          options: await optionsFor(cluster, snapshot, flags),
        });
        if (flags.output === 'yaml')
          process.stdout.write(plan.objects.map((object) => stringify(object)).join('---\n'));
        else print(plan, flags.output, () => formatPlan(plan));
        return plan.services.every(({ verdict }) => verdict === 'kept' || verdict === 'new') ? HEALTHY : PROBLEMS;
      });
    });
}

/** A command that has the controller's code decide, as if the controller had these flags in place of its own. */
export function rehearsing(name: string, description: string): Command {
  const given = 'what the one in the cluster is told';
  const asTold = `flag of the controller (default: ${given})`;
  return inspecting(name, description)
    .addOption(
      new Option('--config-namespace <name>', 'flag of the controller; repeatable')
        .argParser(collected)
        .default([], given),
    )
    .addOption(new Option('--load-balancer-class <string>', asTold))
    .addOption(new Option('--ignore-exclude-lb', asTold))
    .addOption(new Option('--no-ignore-exclude-lb', 'as if the controller had no --ignore-exclude-lb'));
}

/** @throws UsageError when part of what the controller goes by cannot be seen: a rehearsal without it would reassure falsely */
export async function optionsFor(
  cluster: ClusterReader,
  snapshot: ClusterSnapshot,
  flags: RehearsalFlags,
): Promise<RehearsalOptions> {
  const given = await givenConfiguration(cluster, snapshot, parseYaml);
  if (given.unknown.length > 0)
    throw new UsageError(`what would happen cannot be told without ${given.unknown.join('; nor without ')}`);
  const { configNamespace, ignoreExcludeLb, installedIn, loadBalancerClass } = flags;
  const told = {
    configNamespaces: configNamespace,
    ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }),
    ...(ignoreExcludeLb === undefined ? {} : { ignoreExcludeLabel: ignoreExcludeLb }),
  };
  const settings = settingsFor(told, given.settings);
  const configNamespaces =
    settings.configNamespaces.length > 0 ? settings.configNamespaces : [installedIn, 'metallb-system', 'metallb'];
  return { given, ...settings, configNamespaces };
}

/** The objects of a kind in its newest version that is served. */
async function foreignObjects(cluster: ClusterReader, from: Source): Promise<readonly ForeignObject[]> {
  const found = new Map<string, ForeignObject>();
  for (const type of FOREIGN_KINDS[from]) {
    for (const { kind, meta, spec } of await cluster.objects(type)) {
      const key = `${kind} ${keyOf(meta)}`;
      const { namespace, name } = meta;
      if (!found.has(key)) found.set(key, { kind, namespace, name, spec: spec as ForeignObject['spec'] });
    }
  }
  return [...found.values()];
}

/** What a ConfigMap says. Of MetalLB one counts only where it has no pools: 0.13 and later leave an old one unread. */
async function foreignSettings(
  cluster: ClusterReader,
  from: Source,
  { namespace, objects }: ClusterSnapshot,
): Promise<Pick<MigrationInput, 'kubeVip' | 'legacy'>> {
  if (from === 'metallb' && objects.some(({ kind }) => kind === 'IPAddressPool')) return {};
  for (const ref of FOREIGN_CONFIG_MAPS[from]) {
    const data = await cluster.configMap(ref);
    if (data !== undefined && from === 'kube-vip') return { kubeVip: data };
    if (data?.config !== undefined) return { legacy: legacyTranslation(data.config, ref, namespace) };
  }
  return {};
}

function legacyTranslation(config: string, from: ObjectRef, namespace: string): Translation {
  const name = `ConfigMap ${keyOf(from)}`;
  const parsers = { documents: parseYamlDocuments, parse: parseYaml };
  const conversion = convertLegacy(config, { group: 'heraldlb.io', namespace }, parsers);
  if (conversion.kind === 'problems')
    return { objects: [], notes: conversion.problems.map((problem) => `${name}: ${describeProblem(problem)}`) };
  const objects = conversion.objects.map(({ kind, metadata, spec }) =>
    planned(kind as PlannedObject['kind'], metadata, spec as PlannedObject['spec']),
  );
  const unedited = `${name} is of MetalLB before 0.13: it is converted here, or read as it is with --legacy-config ${keyOf(from)}`;
  return { objects, notes: [unedited, ...conversion.notes.map((note) => `${name}: ${note}`)] };
}

/** @throws UsageError when it cannot be read */
async function contentOf(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(messageOf(error));
  });
}

/** @throws UsageError when it is not YAML of objects */
function appliedObjects(yaml: string): Applied {
  const documents = parseAllDocuments(yaml);
  const [error] = documents.flatMap(({ errors }) => errors);
  if (error !== undefined) throw new UsageError(error.message.split('\n')[0] ?? 'not YAML');
  const wires = documents.flatMap((document) => (document.toJS() as WireObject | null) ?? []);
  const config = wires.filter(({ apiVersion = '' }) => /^(metallb|heraldlb)\.io\//.test(apiVersion));
  return {
    services: wires.filter(({ kind }) => kind === 'Service').map(mapService),
    objects: config.map((wire) => mapConfigObject(wire.apiVersion ?? '', wire.kind ?? '')(wire)),
  };
}
