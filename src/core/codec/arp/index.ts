export { DecodeError } from '../../bytes/index.ts';
export { ARP_FRAME_LENGTH, ArpOperation } from './constants.ts';
export { type ArpFrame, decodeArpFrame, encodeArpFrame } from './frame.ts';
export { arpAnnouncement, arpReply, directedRefresh, gratuitousReply } from './messages.ts';
