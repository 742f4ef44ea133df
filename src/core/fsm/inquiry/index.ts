export { ARP_INQUIRY, NDP_INQUIRY } from './plans.ts';
export { initialInquiry, stepInquiry } from './step.ts';
export type { InquiryConfig, InquiryEvent, InquiryState, QuestionForm } from './types.ts';
