export {
  ARP_INQUIRY,
  type InquiryConfig,
  type InquiryEvent,
  type InquiryState,
  initialInquiry,
  NDP_INQUIRY,
  type QuestionForm,
  stepInquiry,
} from './inquiry.ts';
export { CONFLICT, NO_CONFLICT, stepConflict } from './step.ts';
export type { ConflictAction, ConflictEvent, ConflictState, Standing } from './types.ts';
