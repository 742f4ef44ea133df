export { ARP_ANNOUNCING } from './plans.ts';
export { type AnnouncingStep, initialAnnouncing, stepAnnouncing } from './step.ts';
export type {
  AnnouncementForm,
  AnnouncingAction,
  AnnouncingConfig,
  AnnouncingEvent,
  AnnouncingState,
  Plan,
  PlanName,
  PlanStep,
  Schedule,
} from './types.ts';
