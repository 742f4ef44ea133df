import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { inClusterAccess } from '../../../../src/adapters/kube/access/in-cluster.ts';
import { kubeconfigAccess } from '../../../../src/adapters/kube/access/kubeconfig.ts';
import { ManualTime } from '../../../support/manual-time.ts';

let folder: string;
const time = new ManualTime();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heraldlb-access-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const kubeconfig = (user: string, cluster = 'server: https://192.0.2.1:6443') =>
  `apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {${cluster}}}]
users: [{name: u, user: {${user}}}]
`;

describe('a kubeconfig', () => {
  test('with a token, certificates as data and as files beside it', async () => {
    await write('client.crt', 'CERT');
    const data = Buffer.from('CA').toString('base64');
    const path = await write(
      'config',
      kubeconfig(
        'token: secret, client-certificate: client.crt',
        `server: "https://api:6443", certificate-authority-data: ${data}, tls-server-name: other`,
      ),
    );
    const access = await kubeconfigAccess({ path }, time);
    expect(access.server.href).toBe('https://api:6443/');
    expect(await access.authorization()).toBe('Bearer secret');
    const tls = await access.tls();
    expect(String(tls.ca)).toBe('CA');
    expect(String(tls.cert)).toBe('CERT');
    expect(tls.servername).toBe('other');
  });

  test('whose server --master replaces', async () => {
    const path = await write('config', kubeconfig('username: a, password: b'));
    const access = await kubeconfigAccess({ path, master: 'https://other:1' }, time);
    expect(access.server.host).toBe('other:1');
    expect(await access.authorization()).toBe(`Basic ${Buffer.from('a:b').toString('base64')}`);
  });

  test('with an exec plugin is left to client-node', async () => {
    const credential = JSON.stringify({
      kind: 'ExecCredential',
      apiVersion: 'client.authentication.k8s.io/v1',
      status: { token: 'made' },
    });
    const exec = `exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/sh, args: ["-c", 'echo "$0"', '${credential}'], interactiveMode: Never}`;
    const access = await kubeconfigAccess({ path: await write('config', kubeconfig(exec)) }, time);
    expect(await access.authorization()).toBe('Bearer made');
  });

  test('with a token file reads it again after ten seconds, and keeps the last when it is gone', async () => {
    const clock = new ManualTime();
    const token = await write('token', 'first\n');
    const access = await kubeconfigAccess({ path: await write('config', kubeconfig(`tokenFile: ${token}`)) }, clock);
    expect(await access.authorization()).toBe('Bearer first');
    await writeFile(token, 'second');
    expect(await access.authorization()).toBe('Bearer first');
    await clock.advance(10_000);
    expect(await access.authorization()).toBe('Bearer second');
    await rm(token);
    await clock.advance(10_000);
    expect(await access.authorization()).toBe('Bearer second');
  });

  test.each([
    ['that is missing', undefined, /cannot read kubeconfig .*ENOENT/],
    ['that is no YAML', '{[', /is not YAML: /],
    ['that is empty', '', /is empty$/],
    ['without a current context', 'contexts: []', /has no current-context$/],
    ['with an unknown context', 'current-context: x', /context "x" is not among its contexts$/],
    [
      'with an unknown cluster',
      kubeconfig('').replace('clusters: [{name: c,', 'clusters: [{name: d,'),
      /cluster "c" of context "here"/,
    ],
    [
      'with an unknown user',
      kubeconfig('').replace('users: [{name: u,', 'users: [{name: v,'),
      /user "u" of context "here"/,
    ],
    [
      'with a server that is no address',
      kubeconfig('', 'server: "ftp://x"'),
      /server "ftp:\/\/x" is not an http or https address$/,
    ],
  ])('%s is one clear line', async (_title, text, message) => {
    const path = text === undefined ? join(folder, 'none') : await write('config', text);
    const failure = await kubeconfigAccess({ path }, time).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'ClusterAccessError', message: expect.stringMatching(message) });
    expect((failure as Error).message).not.toContain('\n');
  });
});

describe('in a Pod', () => {
  const environment = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };

  test('the ServiceAccount and the environment say it all', async () => {
    await write('token', 'projected');
    await write('ca.crt', 'CA');
    const access = await inClusterAccess({ environment, directory: folder }, time);
    expect(access.server.href).toBe('https://[fd00::1]/');
    expect(await access.authorization()).toBe('Bearer projected');
    expect(String((await access.tls()).ca)).toBe('CA');
  });

  test('outside of one it is one clear line', async () => {
    await expect(inClusterAccess({ environment: {}, directory: folder }, time)).rejects.toThrow(
      /^not in a cluster: .*--kubeconfig$/,
    );
    await expect(inClusterAccess({ environment, directory: folder }, time)).rejects.toThrow(
      /^cannot read the ServiceAccount token .*--kubeconfig$/,
    );
  });
});
