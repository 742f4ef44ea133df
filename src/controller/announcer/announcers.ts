import type { ServiceAnnouncement, ServiceAnnouncer } from './service-announcement.ts';

/** Several ways to announce, declared to as one: an address may go by all of them. */
export class Announcers implements ServiceAnnouncer {
  readonly #all: readonly ServiceAnnouncer[];

  constructor(all: readonly ServiceAnnouncer[]) {
    this.#all = all;
  }

  set(serviceKey: string, announcement: ServiceAnnouncement): void {
    for (const one of this.#all) one.set(serviceKey, announcement);
  }

  delete(serviceKey: string): void {
    for (const one of this.#all) one.delete(serviceKey);
  }

  declared(): void {
    for (const one of this.#all) one.declared();
  }
}
