import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  isAuthority,
  issueServerCertificate,
  makeAuthority,
  validityOf,
} from '../../../../src/adapters/grpc/certificates.ts';

const validity = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2036-06-01T12:30:59Z') };
const name = 'heraldlb-controller.heraldlb-system.svc';

describe('certificates', () => {
  const authority = makeAuthority('HeraldLB CA', validity);
  const server = issueServerCertificate(authority, name, validity);
  let directory = '';

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'heraldlb-certificates-'));
    writeFileSync(join(directory, 'ca.pem'), authority.certificate);
    writeFileSync(join(directory, 'server.pem'), server.certificate);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('of a CA signs itself and owns its key', () => {
    const certificate = new X509Certificate(authority.certificate);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.ca).toBe(true);
    expect(isAuthority(authority)).toBe(true);
    expect(isAuthority({ ...authority, privateKey: server.privateKey })).toBe(false);
    expect(isAuthority({ certificate: server.certificate, privateKey: server.privateKey })).toBe(false);
    expect(isAuthority({ certificate: 'rubbish', privateKey: '' })).toBe(false);
  });

  it('of a server is issued by the CA for one name', () => {
    const certificate = new X509Certificate(server.certificate);
    expect(certificate.checkIssued(new X509Certificate(authority.certificate))).toBe(true);
    expect(certificate.checkHost(name)).toBe(name);
    expect(certificate.checkHost('elsewhere')).toBeUndefined();
    expect(certificate.checkPrivateKey(createPrivateKey(server.privateKey))).toBe(true);
    expect(certificate.ca).toBe(false);
  });

  it('keep their dates to the second, before and after 2050 (RFC 5280 §4.1.2.5)', () => {
    const late = { notBefore: new Date('2049-12-31T23:59:59Z'), notAfter: new Date('2050-01-01T00:00:00Z') };
    expect(validityOf(makeAuthority('Late', late).certificate)).toEqual(late);
    expect(validityOf(server.certificate)).toEqual(validity);
  });

  it('have positive serial numbers that differ', () => {
    const serials = Array.from(
      { length: 50 },
      () => new X509Certificate(makeAuthority('A', validity).certificate).serialNumber,
    );
    expect(new Set(serials).size).toBe(50);
    for (const serial of serials) expect(Number.parseInt(serial.slice(0, 2), 16)).toBeLessThan(0x80);
  });

  it('satisfy OpenSSL in every point of RFC 5280 that it checks', () => {
    const openssl = (...args: string[]): string => execFileSync('openssl', args, { cwd: directory, encoding: 'utf8' });
    const strict = ['-x509_strict', '-check_ss_sig', '-attime', String(validity.notBefore.getTime() / 1000 + 1)];
    expect(openssl('verify', ...strict, '-CAfile', 'ca.pem', 'ca.pem')).toBe('ca.pem: OK\n');
    const purpose = ['-purpose', 'sslserver', '-verify_hostname', name];
    expect(openssl('verify', ...strict, ...purpose, '-CAfile', 'ca.pem', 'server.pem')).toBe('server.pem: OK\n');
    const text = openssl('x509', '-in', 'ca.pem', '-noout', '-text');
    expect(text).toContain('CA:TRUE, pathlen:0');
    expect(text).toMatch(/Key Usage: critical\s+Certificate Sign\n/);
    expect(text).toContain('ASN1 OID: prime256v1');
    expect(openssl('x509', '-in', 'server.pem', '-noout', '-text')).toMatch(
      /Key Usage: critical\s+Digital Signature\n/,
    );
  });
});
