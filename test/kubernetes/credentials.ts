import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A user that kube-apiserver knows by a token of its own. */
interface User {
  readonly name: string;
  readonly groups: readonly string[];
  readonly token: string;
}

const ADMIN = 'admin';

const COMPONENTS: readonly string[] = ['system:kube-controller-manager', 'system:kube-scheduler', 'system:kube-proxy'];

/** The tokens and keys of a control plane, as files in a folder. */
export class Credentials {
  /** For `--token-auth-file`. */
  readonly tokenFile: string;
  /** For signing ServiceAccount tokens, and for verifying them. */
  readonly signingKeyFile: string;
  readonly verifyingKeyFile: string;
  readonly #folder: string;
  /** BOUNDED: by the components and nodes of one cluster. */
  readonly #users: ReadonlyMap<string, User>;

  constructor(folder: string, nodes: readonly string[]) {
    this.#folder = folder;
    const users: User[] = [
      user(ADMIN, ['system:masters']),
      ...COMPONENTS.map((name) => user(name, [])),
      ...nodes.map((node) => user(`system:node:${node}`, ['system:nodes'])),
    ];
    this.#users = new Map(users.map((each) => [each.name, each]));
    this.tokenFile = this.#write('tokens.csv', users.map((each) => csvRow(each)).join('\n'));
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.signingKeyFile = this.#write('signing.key', privateKey.export({ type: 'sec1', format: 'pem' }));
    this.verifyingKeyFile = this.#write('verifying.key', publicKey.export({ type: 'spki', format: 'pem' }));
  }

  get adminToken(): string {
    return this.token(ADMIN);
  }

  token(name: string): string {
    const found = this.#users.get(name);
    if (found === undefined) throw new Error(`this control plane has no user ${name}`);
    return found.token;
  }

  /** Writes a kubeconfig. @returns its path */
  kubeconfig(
    name: string,
    server: { readonly url: string; readonly caFile: string },
    token = this.token(name),
  ): string {
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster: { server: server.url, 'certificate-authority': server.caFile } }],
      users: [{ name, user: { token } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: name } }],
      'current-context': 'test',
    };
    return this.#write(`${name.replaceAll(':', '-')}.kubeconfig`, JSON.stringify(config, undefined, 2));
  }

  #write(name: string, content: string | Buffer): string {
    const file = join(this.#folder, name);
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  }
}

function user(name: string, groups: readonly string[]): User {
  return { name, groups, token: randomBytes(16).toString('hex') };
}

function csvRow({ name, groups, token }: User): string {
  return [token, name, name, ...(groups.length > 0 ? [`"${groups.join(',')}"`] : [])].join(',');
}
