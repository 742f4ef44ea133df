export { DecodeError, sameOctets } from '../../bytes/index.ts';
export { UNSPECIFIED_ADDRESS } from './constants.ts';
export { decodeNdpFrame } from './decode.ts';
export { encodeNdpFrame } from './encode.ts';
export { isMulticast, multicastMac, solicitedNodeGroup } from './groups.ts';
export {
  routerSeeding,
  routerSolicitedAs,
  solicitedAdvertisement,
  surveyingSolicitation,
  tentativeSolicitation,
  unsolicitedAdvertisement,
} from './messages.ts';
export type { NdpFrame, NdpMessage, NdpOption } from './types.ts';
