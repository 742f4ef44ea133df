import { formatIp, type IpAddress } from '../../src/core/net/index.ts';
import type {
  Claim,
  ControllerMessage,
  Epoch,
  Grant,
  HelloKey,
  Neighbour,
  NeighbourReport,
  SpeakerMessage,
  SpeakerSession,
  SpeakerSessionHandler,
} from '../../src/ports/channel.ts';

const HEARTBEAT_INTERVAL_MS = 500;
/** A speaker that said nothing for that long is gone. */
const SILENT_AFTER_MS = 2000;

/** Grants what the test says, and keeps what speakers report. All its nodes are neighbours of each other. */
export class GrantingController implements SpeakerSessionHandler {
  readonly #nodes: readonly Neighbour[];
  /** By node name. */
  readonly #sessions = new Map<string, SpeakerSession>();
  /** By node name: when it said something last. */
  readonly #heardAtMs = new Map<string, number>();
  readonly #pulse: NodeJS.Timeout;
  readonly #grants = new Map<IpAddress, Grant>();
  /** What each node claims by its own word. */
  readonly claims = new Map<string, Map<IpAddress, Claim>>();
  /** How each node sees its neighbours, by its own word. */
  readonly neighbourhoods = new Map<string, readonly NeighbourReport[]>();
  /** Everything that speakers said, oldest first. */
  readonly heard: { readonly nodeName: string; readonly message: SpeakerMessage }[] = [];
  keys: readonly HelloKey[] = [{ id: 1, key: new Uint8Array(32).fill(7) }];
  #counter = 0;
  #revision = 0;

  constructor(nodes: readonly Neighbour[]) {
    this.#nodes = nodes;
    this.#pulse = setInterval(() => this.#beat(), HEARTBEAT_INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.#pulse);
  }

  get connected(): string[] {
    return [...this.#sessions.keys()].sort();
  }

  /** Grants addresses to candidates, the best one first. */
  grant(addresses: readonly IpAddress[], candidates: readonly string[]): void {
    const grants = addresses.map((address): Grant => {
      this.#counter += 1;
      const epoch: Epoch = { generation: 1, counter: this.#counter };
      return { address, epoch, candidates, probed: true };
    });
    for (const grant of grants) this.#grants.set(grant.address, grant);
    this.#revision += 1;
    for (const session of this.#sessions.values())
      session.send({ kind: 'delta', revision: this.#revision, grants, revoked: [] });
  }

  /** What a node is told of its neighbours. */
  neighboursOf(nodeName: string): Extract<ControllerMessage, { readonly kind: 'neighbours' }> {
    const own = this.#nodes.find((node) => node.nodeName === nodeName);
    const neighbours = this.#nodes.filter((node) => node !== own);
    return { kind: 'neighbours', neighbours, ownAddresses: own?.addresses ?? [] };
  }

  /** Everything that was granted. */
  get grants(): readonly Grant[] {
    return [...this.#grants.values()];
  }

  /** Whether every node is in session and hears all others. */
  get whole(): boolean {
    return this.#nodes.every(
      ({ nodeName }) =>
        this.#sessions.has(nodeName) &&
        this.neighbourhoods.get(nodeName)?.filter(({ state }) => state === 'heard').length === this.#nodes.length - 1,
    );
  }

  /** Takes a node for gone at once. */
  drop(nodeName: string): void {
    this.#sessions.get(nodeName)?.close('silent', 'its speaker has ended');
    this.#sessions.delete(nodeName);
    this.claims.delete(nodeName);
    this.neighbourhoods.delete(nodeName);
  }

  /** The nodes that say that they claim an address. */
  claimantsOf(address: IpAddress): string[] {
    return [...this.claims].filter(([, claims]) => claims.has(address)).map(([nodeName]) => nodeName);
  }

  /** How many addresses each node claims. */
  get shares(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.claims].map(([nodeName, claims]) => [nodeName, claims.size]));
  }

  opened(session: SpeakerSession, hello: Extract<SpeakerMessage, { kind: 'hello' }>): void {
    const { nodeName } = session;
    this.#sessions.set(nodeName, session);
    this.heard.push({ nodeName, message: hello });
    this.#heardAtMs.set(nodeName, performance.now());
    this.#replaceClaims(nodeName, hello.claims);
    session.send({ kind: 'welcome', heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS });
    session.send({ kind: 'hello-keys', keys: this.keys });
    session.send(this.neighboursOf(nodeName));
    this.#revision += 1;
    session.send({ kind: 'snapshot', revision: this.#revision, grants: this.grants });
  }

  received({ nodeName }: SpeakerSession, message: Exclude<SpeakerMessage, { kind: 'hello' }>): void {
    this.#heardAtMs.set(nodeName, performance.now());
    if (message.kind !== 'heartbeat') this.heard.push({ nodeName, message });
    if (message.kind === 'neighbourhood') this.neighbourhoods.set(nodeName, message.neighbours);
    if (message.kind === 'report') this.#replaceClaims(nodeName, message.claims);
    if (message.kind !== 'claims') return;
    const claims = this.claims.get(nodeName) ?? new Map<IpAddress, Claim>();
    for (const claim of message.made) claims.set(claim.address, claim);
    for (const address of message.dropped) claims.delete(address);
    this.claims.set(nodeName, claims);
  }

  closed(session: SpeakerSession): void {
    if (this.#sessions.get(session.nodeName) !== session) return;
    this.#sessions.delete(session.nodeName);
    this.claims.delete(session.nodeName);
  }

  drained(): void {}

  #beat(): void {
    for (const [nodeName, session] of this.#sessions) {
      const silentForMs = performance.now() - (this.#heardAtMs.get(nodeName) ?? 0);
      if (silentForMs > SILENT_AFTER_MS) session.close('silent', `nothing for ${Math.round(silentForMs)} ms`);
      else session.send({ kind: 'heartbeat' });
    }
  }

  #replaceClaims(nodeName: string, claims: readonly Claim[]): void {
    this.claims.set(nodeName, new Map(claims.map((claim) => [claim.address, claim])));
  }

  /** For messages of failing tests. */
  toString(): string {
    return [...this.claims].map(([node, claims]) => `${node}: ${[...claims.keys()].map(formatIp).join()}`).join('; ');
  }
}
