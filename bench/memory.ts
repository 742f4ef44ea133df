// What controller and speaker hold in memory, as the release's bundles and as the sources with all their modules:
// `npm run bench -- memory [SERVICES] [SETTLE_SECONDS]`. The Kubernetes API is the embedded one, in the process of the benchmark.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ManagedProcess } from '../test/kubernetes/managed-process.ts';
import { BenchCluster } from './support/bench-cluster.ts';
import { inSandbox } from './support/in-sandbox.ts';
import { endpointSliceObject, serviceObject } from './support/objects.ts';
import { cpuSecondsOf, type MemoryFigures, memoryOf, rested, rounded } from './support/process-figures.ts';
import { bundleKib, type Form } from './support/program.ts';
import { numberArgument, progress, report } from './support/report.ts';
import { AddressWatch, createAll } from './support/services.ts';

const services = numberArgument(0, 1_000);
/** Until then what only the start needed is given back. */
const settleMs = numberArgument(1, 45) * 1_000;

interface Figures {
  readonly controllerIdle: MemoryFigures;
  readonly controllerLoaded: MemoryFigures;
  readonly speakerIdle: MemoryFigures;
  readonly speakerLoaded: MemoryFigures;
  /** Processor time in the settling time, as a share of one processor, in percent. */
  readonly controllerIdleCpu: number;
  readonly speakerIdleCpu: number;
}

async function main(): Promise<void> {
  const bundled = await measure('bundled');
  const sources = await measure('sources');
  const mib = ({ rssMiB, anonMiB, peakMiB }: MemoryFigures): string => `${rssMiB} (${anonMiB} own, peak ${peakMiB})`;
  const row = (what: string, aim: string, pick: (figures: Figures) => MemoryFigures): string[] => [
    what,
    aim,
    mib(pick(bundled)),
    mib(pick(sources)),
  ];
  report(
    `Resident memory in MiB, ${settleMs / 1000} s after the work was done`,
    [
      ['', 'aim', 'bundled', 'sources'],
      row('controller, idle', '75', ({ controllerIdle }) => controllerIdle),
      row(`controller, ${services} Services`, '90', ({ controllerLoaded }) => controllerLoaded),
      row('speaker, idle', '75', ({ speakerIdle }) => speakerIdle),
      row(`speaker, ${services} addresses`, '85', ({ speakerLoaded }) => speakerLoaded),
      ['controller, idle: CPU in %', '', String(bundled.controllerIdleCpu), String(sources.controllerIdleCpu)],
      ['speaker, idle: CPU in %', '', String(bundled.speakerIdleCpu), String(sources.speakerIdleCpu)],
      ['controller.mjs, KiB', '', String(bundleKib('controller.mjs')), ''],
      ['speaker.mjs + packet-worker.mjs, KiB', '', String(speakerKib()), ''],
    ],
    {
      bench: 'memory',
      ratios: {
        controllerBundledToSources: rounded(bundled.controllerIdle.rssMiB / sources.controllerIdle.rssMiB, 2),
        speakerBundledToSources: rounded(bundled.speakerIdle.rssMiB / sources.speakerIdle.rssMiB, 2),
      },
      figures: {
        services,
        controllerIdleMiB: bundled.controllerIdle.rssMiB,
        [`controller${services}ServicesMiB`]: bundled.controllerLoaded.rssMiB,
        speakerIdleMiB: bundled.speakerIdle.rssMiB,
        [`speaker${services}AddressesMiB`]: bundled.speakerLoaded.rssMiB,
        bundled: true,
        unbundledControllerIdleMiB: sources.controllerIdle.rssMiB,
        [`unbundledController${services}ServicesMiB`]: sources.controllerLoaded.rssMiB,
        unbundledSpeakerIdleMiB: sources.speakerIdle.rssMiB,
        [`unbundledSpeaker${services}AddressesMiB`]: sources.speakerLoaded.rssMiB,
        controllerIdleCpuPercent: bundled.controllerIdleCpu,
        speakerIdleCpuPercent: bundled.speakerIdleCpu,
        controllerBundleKiB: bundleKib('controller.mjs'),
        speakerBundleKiB: speakerKib(),
      },
    },
  );
}

async function measure(form: Form): Promise<Figures> {
  await using cluster = await BenchCluster.start({ name: `bench-memory-${form}`, api: 'embedded', nodes: 1, form });
  progress(`${form}: an idle controller and an idle speaker`);
  const controller = await cluster.startController();
  await cluster.leads(controller);
  const speaker = await cluster.startSpeaker(cluster.nodes[0] ?? '');
  const idle = await settled(controller, speaker);

  progress(`${form}: ${services} Services`);
  const names = Array.from({ length: services }, (_, index) => `service-${index + 1}`);
  const watch = await AddressWatch.open(cluster.access, cluster.client);
  const slices = names.map((name) => endpointSliceObject(name, cluster.nodes));
  await createAll(cluster.client, slices);
  const objects = names.map((name) => serviceObject({ name }));
  await createAll(cluster.client, objects);
  await watch.all(names);
  watch.close();
  const loaded = await settled(controller, speaker);
  return {
    controllerIdle: idle.controller.memory,
    controllerLoaded: loaded.controller.memory,
    speakerIdle: idle.speaker.memory,
    speakerLoaded: loaded.speaker.memory,
    controllerIdleCpu: idle.controller.cpuPercent,
    speakerIdleCpu: idle.speaker.cpuPercent,
  };
}

/** Waits until both have nothing to do, and the settling time more. */
async function settled(controller: ManagedProcess, speaker: ManagedProcess) {
  for (const { pid } of [controller, speaker]) await rested(pid);
  const before = [controller, speaker].map(({ pid }) => cpuSecondsOf(pid));
  await sleep(settleMs);
  const [first, second] = [controller, speaker].map(({ pid }, index) => ({
    memory: memoryOf(pid),
    cpuPercent: rounded(((cpuSecondsOf(pid) - (before[index] ?? 0)) / (settleMs / 1000)) * 100, 1),
  }));
  if (first === undefined || second === undefined) throw new Error('there are two');
  return { controller: first, speaker: second };
}

function speakerKib(): number {
  return bundleKib('speaker.mjs') + bundleKib('packet-worker.mjs');
}

await inSandbox(import.meta.filename, main);
