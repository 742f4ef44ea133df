import type { NeighbourReport, NeighbourState } from '../../ports/channel.ts';
import type { Log } from '../../ports/log.ts';
import type { Clock, Timers } from '../../ports/time.ts';
import type { NodeRecord } from './node-record.ts';
import type { NodeRecords } from './node-records.ts';
import type { SpeakerNews } from './speaker-news.ts';
import { Testimonies } from './testimonies.ts';
import { Vigil, type VigilOptions } from './vigil.ts';

export interface PresencesDependencies {
  readonly nodes: NodeRecords;
  readonly news: SpeakerNews;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

/**
 * Which nodes are there, and how much. A session that ends proves nothing: a node is gone only when it is silent and none of
 * its neighbours hears it either.
 */
export class Presences {
  readonly #dependencies: PresencesDependencies;
  readonly #testimonies = new Testimonies();
  readonly #vigil: Vigil;

  constructor(options: VigilOptions, dependencies: PresencesDependencies) {
    this.#dependencies = dependencies;
    const hasOthers = (nodeName: string) => dependencies.nodes.hasOthers(nodeName);
    this.#vigil = new Vigil(options, { ...dependencies, testimonies: this.#testimonies, hasOthers });
  }

  /** After this long without a word a speaker is silent. */
  get deadAfterMs(): number {
    return this.#vigil.deadAfterMs;
  }

  /** What connected speakers say of a node, by who says it. */
  witnessesOf(nodeName: string): ReadonlyMap<string, NeighbourState> {
    return this.#testimonies.of(nodeName);
  }

  /** Whether every node that lives, by its own word or by that of others, can be told something now. */
  get reachesAll(): boolean {
    const { nodes } = this.#dependencies;
    const names = [...nodes.alive()].map(({ nodeName }) => nodeName);
    const heard = [...this.#testimonies.nodes()].filter((name) => this.#testimonies.isHeard(name));
    return names.length > 0 && [...names, ...heard].every((name) => nodes.get(name)?.presence === 'connected');
  }

  /** A session of the node was admitted. */
  appeared(node: NodeRecord): void {
    node.leaving = false;
    node.watch?.stop();
    node.watch = this.#vigil.watch(node.nodeName, {
      away: () => {
        this.#cut(node);
        this.#changed(node);
      },
      gone: () => {
        this.#cut(node);
        this.#down(node);
      },
    });
    this.#vigil.heard();
  }

  /** It said something. */
  heard(node: NodeRecord): void {
    node.watch?.heard();
    this.#vigil.heard();
  }

  /** It said goodbye. */
  leaves(node: NodeRecord): void {
    if (node.leaving) return;
    node.leaving = true;
    node.caredFor = this.#testimonies.isCaredFor(node.nodeName);
    this.#dependencies.log.info('speaker-leaving', { node: node.nodeName, stoodInFor: node.caredFor });
    this.#changed(node);
  }

  /** It said what it knows of its neighbours. */
  tellsOf(node: NodeRecord, neighbours: readonly NeighbourReport[]): void {
    this.#review(this.#testimonies.replace(node.nodeName, neighbours));
  }

  /** Its session is over, and with it what it knew of its neighbours. */
  detach(node: NodeRecord): void {
    const { line } = node;
    if (line === undefined) return;
    line.stop();
    node.line = undefined;
    this.#dependencies.news.riders((rider) => rider.detached(line.session));
    this.#review(this.#testimonies.forget(node.nodeName));
  }

  /** Its session ended by itself. Who did not say goodbye is alive until it is silent for too long: it may be dialling already. */
  cutOff(node: NodeRecord): void {
    this.detach(node);
    this.#count();
    if (node.presence === 'leaving') this.#down(node);
    else this.#changed(node);
  }

  /** Others say something else of these than before. */
  #review(nodeNames: readonly string[]): void {
    for (const nodeName of nodeNames) {
      const node = this.#dependencies.nodes.get(nodeName);
      if (node === undefined) continue;
      const before = node.presence;
      node.caredFor = this.#testimonies.isCaredFor(nodeName);
      if (node.presence === before) continue;
      if (node.presence === 'leaving' && node.line === undefined) this.#down(node);
      else this.#changed(node);
    }
  }

  /** Ends the session of a node that is silent. */
  #cut(node: NodeRecord): void {
    const { line } = node;
    if (line === undefined) return;
    this.detach(node);
    line.close('silent', `no message for ${this.deadAfterMs} ms`);
    this.#count();
  }

  #down(node: NodeRecord): void {
    if (node.presence === 'gone') return;
    const { nodes, news, log } = this.#dependencies;
    node.forgetSpeaker();
    log.warn('speaker-down', { node: node.nodeName });
    this.#count();
    news.tell((listener) => listener.speakerDown(node.nodeName));
    news.riders((rider) => rider.down(node.nodeName));
    nodes.forgetIfEmpty(node);
  }

  #changed(node: NodeRecord): void {
    this.#dependencies.news.tell((listener) => listener.presenceChanged(node.nodeName));
  }

  #count(): void {
    this.#dependencies.news.count(this.#dependencies.nodes.all());
  }
}
