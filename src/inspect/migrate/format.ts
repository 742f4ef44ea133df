import { formatTable } from '../table.ts';
import type { MigrationPlan, ShadowedService } from './plan.ts';

/** A plan for a terminal. */
export function formatPlan({ from, objects, notes, steps, services }: MigrationPlan): string {
  const kept = services.filter(({ verdict }) => verdict === 'kept').length;
  const table = formatTable<ShadowedService>(
    [
      { title: 'SERVICE', text: ({ service }) => service },
      { title: 'HAS', text: ({ has }) => has.join(', ') },
      { title: 'WOULD HAVE', text: ({ wouldHave }) => wouldHave.join(', ') },
      { title: 'VERDICT', text: ({ verdict }) => verdict },
      { title: 'WHY', text: ({ why }) => why ?? '' },
    ],
    services,
  );
  return [
    `From ${from}: ${kept} of ${services.length} Services would keep their addresses.\n`,
    ...(services.length > 0 ? [table] : []),
    section(
      'To apply (-o yaml prints them)',
      objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    ),
    section('To look at', notes),
    section(
      'Steps',
      steps.map((step, place) => `${place + 1}. ${step}`),
    ),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${title}:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}
