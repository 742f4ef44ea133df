/** How the kernel classed a received frame. @see packet(7), sll_pkttype */
export type PacketType = 'host' | 'broadcast' | 'multicast' | 'other-host' | 'outgoing';

/** What became of a frame that was to be sent. `queue-full` passes by itself; `gone` never does. */
export type SendOutcome = 'sent' | 'queue-full' | 'link-down' | 'gone' | 'refused';

/** Sends and receives whole Ethernet frames of one protocol on one interface. */
export interface FrameSocket {
  /** Hands one frame to the driver, which pads it to the Ethernet minimum. Never throws. */
  send(frame: Uint8Array): SendOutcome;
  /** False once the interface is gone: nothing is heard any more, even if an interface with its number comes back. */
  readonly bound: boolean;
  /** Frames that the kernel threw away since the last call because they came faster than they were read. */
  takeOverruns(): number;
  /** Idempotent. Nothing is received after it returns. */
  close(): void;
}

/** What a socket hears: ARP packets, or the solicitations and advertisements of NDP. */
export type FrameProtocol = 'arp' | 'ndp';

export interface FrameSocketOptions {
  readonly interfaceIndex: number;
  readonly protocol: FrameProtocol;
  /** Has the interface let everything in: some cards keep out what the kernel's own addresses do not need. */
  readonly promiscuous?: boolean;
  /** Called for each frame. The bytes are valid only during the call. Must not throw. */
  readonly received: (frame: Uint8Array, packetType: PacketType) => void;
}

export interface FrameSockets {
  /** @throws FrameSocketError */
  open(options: FrameSocketOptions): FrameSocket;
  /** Opens and closes a socket that is bound to nothing. @throws FrameSocketError when this process may not have one */
  probe(): void;
}

export type FrameSocketErrorCode = 'no-permission' | 'no-interface' | 'refused';

/** Why a socket could not be had; the message is one sentence for people. */
export class FrameSocketError extends Error {
  override readonly name = 'FrameSocketError';
  readonly code: FrameSocketErrorCode;

  constructor(code: FrameSocketErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
