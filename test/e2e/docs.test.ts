import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { type ControlPlane, startControlPlane } from '../kubernetes/control-plane.ts';
import { MANIFESTS, ROOT } from './support/shipped.ts';
import { commandPath } from './support/typed-commands.ts';

const run = promisify(execFile);

/** What people are told to type and to apply. A block of `sh elsewhere KEY` is for a machine or a program that this test has not. */
const PAGES = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((file) => `docs/${file}`)].filter((path) =>
  path.endsWith('.md'),
);
/** Programs that no test may run, and commands that never end by themselves. */
const NOT_RUN = /^(docker|sudo|npm|k3s|microk8s|source) |port-forward|--watch|rollout status/;
/** The namespaces of MetalLB's guides, and those that a page's own objects are in. */
const NAMESPACES = ['metallb', 'web'];

interface Block {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

const blocks = PAGES.flatMap(blocksOf);
const scripts = blocks.filter(({ language }) => language === 'sh');
const objects = blocks.filter(({ language, text }) => language === 'yaml' && /^apiVersion:/m.test(text));

let cluster: ControlPlane;
let path: string;
/** Where a reader of the documents sits. */
let desk: string;

beforeAll(async () => {
  cluster = await startControlPlane({ name: 'docs', controllers: '*' });
  await cluster.kubectl(['apply', '-k', MANIFESTS]);
  await cluster.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  for (const namespace of NAMESPACES) await cluster.kubectl(['create', 'namespace', namespace]);
  path = commandPath(cluster);
  desk = readersDesk(cluster);
});

afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
});

it('there are pages with commands and objects', () => {
  expect(scripts.length).toBeGreaterThan(5);
  expect(objects.length).toBeGreaterThan(3);
});

describe('objects in the documents', () => {
  it.each(objects.map((block) => [where(block), block] as const))('%s: the API server takes them', async (_, block) => {
    // An object of a namespace that the same block makes is refused in a dry run.
    const documents = parseAllDocuments(block.text).map((document) => document.toJS() as unknown);
    const taken = documents.map((document) =>
      cluster.kubectl(['apply', '--dry-run=server', '--validate=strict', '-f', '-'], JSON.stringify(document)),
    );
    await expect(Promise.all(taken)).resolves.toBeDefined();
  });
});

describe('commands in the documents', () => {
  it.each(scripts.map((block) => [where(block), block] as const))('%s: they run', async (_, block) => {
    for (const command of commandsIn(block)) expect(await shell(command), command).toBe('');
  });
});

it('a block that is not run here has a key, for which a page says who runs it or why nobody does', () => {
  const keys = new Set(blocks.flatMap(({ language }) => /^sh elsewhere ?(.*)$/.exec(language)?.[1] ?? []));
  const table = readFileSync(join(ROOT, 'docs/tested-commands.md'), 'utf8').split('Within blocks')[0] ?? '';
  const explained = [...table.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, key]) => key);
  expect([...keys].sort()).toEqual(explained.sort());
});

it.each(blocks.filter(({ text }) => /^npm run /m.test(text)).map((block) => [where(block), block] as const))(
  '%s: the scripts of npm that it names exist',
  (_, { text }) => {
    const known = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object }).scripts;
    for (const [, script = ''] of text.matchAll(/npm run ([\w:-]+)/g)) expect(Object.keys(known)).toContain(script);
  },
);

it.each(PAGES)('%s: its links lead to files and headings that are there', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const links = [...text.matchAll(/\]\((?!https?:)([^)\s]*)\)/g)].map(([, link = '']) => link);
  for (const link of links) {
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? join(ROOT, page) : join(ROOT, page, '..', file);
    const found = anchor === undefined ? existsSync(target) : headingsOf(target).includes(anchor);
    expect(found, `${page} → ${link}`).toBe(true);
  }
});

function where({ page, line }: Block): string {
  return `${page}:${line}`;
}

function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(/^( *)```([\w -]+)\n([\s\S]*?)^ *```/gm)].map((match) => {
    const [, indent = '', language = '', content = ''] = match;
    return {
      page,
      line: text.slice(0, match.index).split('\n').length,
      language,
      text: content.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    };
  });
}

function commandsIn({ text }: Block): readonly string[] {
  return text
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && !NOT_RUN.test(line));
}

/** @returns what is wrong with it; commands that look at a cluster may well find a problem */
async function shell(command: string): Promise<string> {
  const looksOnly = /^(kubectl )?heraldlb (status|pools|services|explain|doctor|timeline|migrate|simulate)/.test(
    command,
  );
  const options = { cwd: desk, env: { PATH: path, HOME: cluster.folder.folder('home') }, timeout: 60_000 };
  try {
    await run('sh', ['-c', command], options);
    return '';
  } catch (error) {
    const { code, stderr } = error as { readonly code: number; readonly stderr: string };
    if (looksOnly && code === 1 && stderr === '') return '';
    // Nothing runs Pods here, so nobody leads.
    if (/no Pod in heraldlb-system leads/.test(stderr)) return '';
    return `${code}: ${stderr}`;
  }
}

/** A folder with what the commands name, and where they may write. */
function readersDesk({ folder }: ControlPlane): string {
  const place = folder.folder('desk');
  mkdirSync(place, { recursive: true });
  symlinkSync(MANIFESTS, join(place, 'manifests'));
  const ranges = '{"name":"default","protocol":"layer2","addresses":["10.9.0.0/24"]}';
  writeFileSync(join(place, 'config.yaml'), `address-pools: [${ranges}]\n`);
  return place;
}

/** As GitHub makes anchors of them. */
function headingsOf(file: string): readonly string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\- ]/gu, '')
      .replaceAll(' ', '-'),
  );
}
