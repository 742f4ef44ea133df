import type { BgpSpeakerMessage } from '../../ports/bgp-channel.ts';
import type { SpeakerMessage, SpeakerSession } from '../../ports/channel.ts';

/** Who says something of its own on the sessions that the registry admitted. Called in order for one session. Must not throw. */
export interface SessionRider {
  /** The session is that of its node from now on, in place of any other. Its welcome is sent. */
  attached(session: SpeakerSession, hello: Extract<SpeakerMessage, { kind: 'hello' }>): void;
  received(session: SpeakerSession, message: BgpSpeakerMessage): void;
  /** It takes messages again, after a `send` that was false. */
  drained(session: SpeakerSession): void;
  /** It ended, or another took its place. */
  detached(session: SpeakerSession): void;
  /** The speaker is down: nobody knows what it does. */
  down(nodeName: string): void;
}
