import type { Notification } from './notification.ts';

/**
 * A message that ends the session, with the NOTIFICATION that the RFCs want in answer. The only error that the decoders of this
 * folder throw.
 */
export class BgpError extends Error {
  override readonly name = 'BgpError';
  readonly notification: Notification;
  /** What is wrong, in words for a person who looks at the router. */
  readonly detail: string;

  constructor(notification: Notification, detail: string) {
    super(`${notification.code}/${notification.subcode}: ${detail}`);
    this.notification = notification;
    this.detail = detail;
  }
}
