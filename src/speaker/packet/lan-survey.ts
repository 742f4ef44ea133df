import { familyOf, type IpAddress } from '../../core/net/index.ts';
import type { ProbeResult } from '../../ports/channel.ts';
import type { Timers } from '../../ports/time.ts';
import type { EthernetInterface } from './eligible-interface.ts';
import type { FamilyLinks } from './family-links.ts';
import type { Findings } from './link-inquiry.ts';

/** Longer than asking takes for as many addresses as are asked about at once. */
const PATIENCE_MS = 5000;
/** Addresses in one survey. */
const ADDRESSES_MAX = 256;

type Station = ProbeResult['stations'][number];

export interface LanSurveyDependencies {
  /** BOUNDED: one for each family. */
  readonly families: readonly FamilyLinks[];
  readonly timers: Timers;
}

/** Asks the LANs of this node who has addresses that it need not be granted itself. */
export class LanSurvey {
  readonly #dependencies: LanSurveyDependencies;

  constructor(dependencies: LanSurveyDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Asks on each of these interfaces that has a carrier. What other nodes answer counts like what foreign stations do; only this
   * node itself is left out.
   * @param done called once, within five seconds, with one result for each address
   */
  ask(
    addresses: readonly IpAddress[],
    links: readonly EthernetInterface[],
    done: (results: ProbeResult[]) => void,
  ): void {
    const findings = new Map<IpAddress, Finding>();
    for (const address of addresses.slice(0, ADDRESSES_MAX)) findings.set(address, { asked: 0, open: 0, stations: [] });
    const patience = this.#dependencies.timers.start(PATIENCE_MS, () => finish());
    let finish = (): void => {
      finish = () => undefined;
      patience.cancel();
      done(addresses.map((address) => resultOf(address, findings.get(address))));
    };
    const told = (): void => {
      if ([...findings.values()].every(({ open }) => open === 0)) finish();
    };
    for (const link of links) if (link.running) this.#askOn(link, findings, told);
    told();
  }

  #askOn(link: EthernetInterface, findings: ReadonlyMap<IpAddress, Finding>, told: () => void): void {
    for (const family of this.#dependencies.families) {
      const addresses = [...findings.keys()].filter((address) => familyOf(address) === family.family);
      const answered = (address: IpAddress, { macs }: Findings): void => {
        const finding = findings.get(address);
        if (finding === undefined) return;
        finding.open -= 1;
        finding.stations.push(...macs.map((mac) => ({ interface: link.name, mac })));
        told();
      };
      if (addresses.length === 0 || !family.survey(link, addresses, answered)) continue;
      for (const address of addresses) {
        const finding = findings.get(address);
        if (finding === undefined) continue;
        finding.asked += 1;
        finding.open += 1;
      }
    }
  }
}

/** What is known of an address so far. */
interface Finding {
  /** On how many interfaces it is asked about. */
  asked: number;
  /** On how many of them the time for answers is not over. */
  open: number;
  /** BOUNDED: by the interfaces, and by what each of them remembers. */
  readonly stations: Station[];
}

function resultOf(address: IpAddress, finding: Finding | undefined): ProbeResult {
  if (finding === undefined) return { address, stations: [], failure: `more than ${ADDRESSES_MAX} addresses at once` };
  const { asked, open, stations } = finding;
  if (asked === 0) return { address, stations, failure: 'no interface with a carrier can ask' };
  return { address, stations, ...(open > 0 && { failure: 'an interface went away while it was asked on' }) };
}
