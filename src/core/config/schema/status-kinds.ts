import { configurationState } from './configuration-state.ts';
import type { ServedKind } from './kind.ts';
import { serviceBgpStatus } from './service-bgp-status.ts';
import { serviceL2Status } from './service-l2-status.ts';

/** Kinds that nobody but the controller writes: they say how things are. */
export const STATUS_KINDS: readonly ServedKind[] = [serviceL2Status, serviceBgpStatus, configurationState];
