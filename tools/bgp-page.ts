import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bgpTransitions, type Transition } from './bgp-table.ts';

const ROOT = join(import.meta.dirname, '..');
const TESTS = ['test/unit/core/codec/bgp', 'test/unit/core/fsm/bgp', 'test/unit/core/rib'];

/** What the BGP speaker does, event by event, and which test tries which section of which RFC. */
export function bgpPage(): string {
  return [
    '<!-- Made by `npm run generate` from src/core/fsm/bgp and the titles of its tests. Change it there. -->',
    '# BGP',
    '',
    'An advertise-only speaker: it announces addresses of Services, keeps none of the routes that it is sent, and treats what it is sent as RFC 7606 wants.',
    '',
    'Left out on purpose: routes of others (none are kept, chosen or passed on), ADD-PATH, route reflection and confederations of our own, long-lived graceful restart, BGP roles, TCP-AO.',
    '',
    'Of the optional parts of RFC 4271 §8.1.1 there are DelayOpen, DampPeerOscillations, PassiveTcpEstablishment, SendNOTIFICATIONwithoutOPEN (for what cannot be read), and CollisionDetectEstablishedState for peers that restart gracefully.',
    '',
    '## What each section is tried by',
    '',
    '| RFC | section | test |',
    '|---|---|---|',
    ...testedSections().map(({ rfc, section, title }) => `| ${rfc} | ${section} | ${cell(title)} |`),
    '',
    '## What each event does in each state',
    '',
    'In brackets the events of RFC 4271 §8.1. Timers are followed by their time; one that is started anew replaces the one that ran. Events that a state does not list change nothing there.',
    '',
    ...stateSections(bgpTransitions()),
  ].join('\n');
}

interface TestedSection {
  readonly rfc: number;
  readonly section: string;
  readonly title: string;
}

/** Titles end with `(RFC 4271 §6.8, RFC 6286 §2.3)`: each is a row. */
function testedSections(): TestedSection[] {
  const sources = TESTS.flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => readFileSync(join(ROOT, folder, name), 'utf8')),
  );
  const rows = sources.flatMap((source) =>
    [...source.matchAll(/['`]([^'`\n]*?) ?\(((?:RFC \d+ )?[^()'`\n]*RFC \d+ §[^()'`\n]*)\)([^'`\n]*)['`]/g)].flatMap(
      (match) =>
        sectionsOf(match[2] ?? '').map((section) => ({
          ...section,
          title: inSubject(source.slice(0, match.index), `${match[1]}${match[3]}`.trim()),
        })),
    ),
  );
  return rows.sort((a, b) => a.rfc - b.rfc || a.section.localeCompare(b.section, 'en', { numeric: true }));
}

/** A title with that of the `describe` it stands in: `an UPDATE: is counted`. */
function inSubject(before: string, title: string): string {
  const subject = [...before.matchAll(/^describe\(['`]([^'`]*)['`]/gm)].at(-1)?.[1];
  return subject === undefined || /^describe\(['`]?$/m.test(before.slice(before.lastIndexOf('\n') + 1))
    ? title
    : `${subject.replaceAll(/ ?\([^)]*\)/g, '')}: ${title}`;
}

/** `RFC 4271 §4.2, §4.4` names two sections of one RFC. */
function sectionsOf(text: string): Omit<TestedSection, 'title'>[] {
  const found: Omit<TestedSection, 'title'>[] = [];
  let rfc = 0;
  for (const [, number, section] of text.matchAll(/RFC (\d+)|§([\d.]+\d|\d+)/g)) {
    if (number !== undefined) rfc = Number(number);
    else if (section !== undefined) found.push({ rfc, section: `§${section}` });
  }
  return found;
}

function stateSections(transitions: readonly Transition[]): string[] {
  const states = [...new Set(transitions.map(({ state }) => state))];
  return states.flatMap((state) => [
    `### ${state}`,
    '',
    '| event | next state | actions |',
    '|---|---|---|',
    ...transitions
      .filter((transition) => transition.state === state && !transition.isIdle)
      .map(({ event, next, actions }) => `| ${event} | ${next} | ${cell(actions)} |`),
    '',
  ]);
}

function cell(text: string): string {
  return text === '' ? '–' : text.replaceAll('|', '\\|');
}
