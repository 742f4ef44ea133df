import { ServerCredentials } from '@grpc/grpc-js';

/** A certificate with its key, both PEM. */
export interface ServerCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

const HANDSHAKE_TIMEOUT_MS = 5_000;

/**
 * TLS of the speaker port with a certificate that can be changed at any time: connections that are there go on, new ones
 * are shown the new certificate. Without one, every connection is dropped.
 */
export class ServerIdentity extends ServerCredentials {
  constructor() {
    super({ minVersion: 'TLSv1.3', handshakeTimeout: HANDSHAKE_TIMEOUT_MS });
    this.updateSecureContextOptions(null);
  }

  use(current: ServerCertificate): void {
    this.updateSecureContextOptions({
      cert: current.certificate,
      key: current.privateKey,
      minVersion: 'TLSv1.3',
    });
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}
