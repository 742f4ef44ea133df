export { ARP_ANNOUNCING, NDP_ANNOUNCING } from './plans.ts';
export { initialAnnouncing, stepAnnouncing } from './step.ts';
export type { AnnouncementForm, AnnouncingConfig, AnnouncingEvent, AnnouncingState, Schedule } from './types.ts';
