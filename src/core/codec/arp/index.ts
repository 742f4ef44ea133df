export { DecodeError } from '../../bytes/index.ts';
export { ArpOperation } from './constants.ts';
export { type ArpFrame, decodeArpFrame, encodeArpFrame } from './frame.ts';
export { arpAnnouncement, arpProbe, arpReply, directedRefresh, gratuitousReply } from './messages.ts';
