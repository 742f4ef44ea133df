import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from './der.ts';
import type { ServerCertificate } from './server-identity.ts';

/** A certificate of a CA with its key, both PEM. */
export interface Authority {
  readonly certificate: string;
  /** PKCS #8. */
  readonly privateKey: string;
}

/** Whole seconds, as certificates count. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const OID = {
  commonName: '2.5.4.3',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
} as const;

/** Bits of KeyUsage in the first octet, and how many at its end are unused. @see RFC 5280 §4.2.1.3 */
const SIGNS_CERTIFICATES = bitString(Buffer.of(0b0000_0100), 2);
const SIGNS_DIGESTS = bitString(Buffer.of(0b1000_0000), 7);

const SERIAL_OCTETS = 16;
const DNS_NAME_TAG = 2;
const VERSION_3 = 2;

/** Makes a CA: a P-256 key and a certificate that it signed itself. It can sign server certificates, and nothing below. */
export function makeAuthority(commonName: string, validity: Validity): Authority {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keyIdentifier = keyIdentifierOf(privateKey);
  const certificate = signCertificate(privateKey, {
    issuer: commonName,
    subject: commonName,
    subjectKey: privateKey,
    validity,
    extensions: [
      extension(OID.basicConstraints, sequence(boolean(true), integer(Buffer.of(0))), 'critical'),
      extension(OID.keyUsage, SIGNS_CERTIFICATES, 'critical'),
      extension(OID.subjectKeyIdentifier, octetString(keyIdentifier)),
    ],
  });
  return { certificate, privateKey: pemOf(privateKey) };
}

/** Issues a certificate, with a key of its own, for a TLS server of this name. */
export function issueServerCertificate(
  authority: Authority,
  serverName: string,
  validity: Validity,
): ServerCertificate {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signer = createPrivateKey(authority.privateKey);
  const certificate = signCertificate(signer, {
    issuer: new X509Certificate(authority.certificate).subject.replace(/^CN=/, ''),
    subject: serverName.slice(0, 64),
    subjectKey: privateKey,
    validity,
    extensions: [
      extension(OID.basicConstraints, sequence(), 'critical'),
      extension(OID.keyUsage, SIGNS_DIGESTS, 'critical'),
      extension(OID.extendedKeyUsage, sequence(objectIdentifier(OID.serverAuth))),
      extension(OID.subjectAltName, sequence(implicit(DNS_NAME_TAG, Buffer.from(serverName, 'ascii')))),
      extension(OID.subjectKeyIdentifier, octetString(keyIdentifierOf(privateKey))),
      extension(OID.authorityKeyIdentifier, sequence(implicit(0, keyIdentifierOf(signer)))),
    ],
  });
  return { certificate, privateKey: pemOf(privateKey) };
}

/** @throws Error when the text is no PEM certificate. */
export function validityOf(certificate: string): Validity {
  const { validFromDate, validToDate } = new X509Certificate(certificate);
  return { notBefore: validFromDate, notAfter: validToDate };
}

/** Whether the key is the certificate's, and both can be read at all. */
export function isAuthority(authority: Authority): boolean {
  try {
    const certificate = new X509Certificate(authority.certificate);
    return certificate.ca && certificate.checkPrivateKey(createPrivateKey(authority.privateKey));
  } catch {
    return false;
  }
}

interface ToBeSigned {
  readonly issuer: string;
  readonly subject: string;
  readonly subjectKey: KeyObject;
  readonly validity: Validity;
  readonly extensions: readonly Buffer[];
}

/** @see RFC 5280 §4.1 */
function signCertificate(signer: KeyObject, content: ToBeSigned): string {
  const algorithm = sequence(objectIdentifier(OID.ecdsaWithSha256));
  const tbsCertificate = sequence(
    explicit(0, integer(Buffer.of(VERSION_3))),
    integer(serialNumber()),
    algorithm,
    nameOf(content.issuer),
    sequence(time(content.validity.notBefore), time(content.validity.notAfter)),
    nameOf(content.subject),
    createPublicKey(content.subjectKey).export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...content.extensions)),
  );
  const signature = sign('sha256', tbsCertificate, signer);
  const der = sequence(tbsCertificate, algorithm, bitString(signature));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** Positive and not zero. @see RFC 5280 §4.1.2.2 */
function serialNumber(): Buffer {
  const serial = randomBytes(SERIAL_OCTETS);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}

function nameOf(commonName: string): Buffer {
  return sequence(set(sequence(objectIdentifier(OID.commonName), utf8String(commonName))));
}

function extension(identifier: string, value: Buffer, critical?: 'critical'): Buffer {
  const flag = critical === undefined ? [] : [boolean(true)];
  return sequence(objectIdentifier(identifier), ...flag, octetString(value));
}

/** SHA-1 of the public key's bits, the first method of RFC 5280 §4.2.1.2: a name, no protection. */
function keyIdentifierOf(key: KeyObject): Buffer {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const uncompressedPointOctets = 65;
  return createHash('sha1').update(spki.subarray(-uncompressedPointOctets)).digest();
}

function pemOf(privateKey: KeyObject): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
