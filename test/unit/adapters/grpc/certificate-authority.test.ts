import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AuthorityStore } from '../../../../src/adapters/grpc/authority-store.ts';
import { CertificateAuthority } from '../../../../src/adapters/grpc/certificate-authority.ts';
import { type ServerCertificate, ServerIdentity } from '../../../../src/adapters/grpc/server-identity.ts';
import { ApiError } from '../../../../src/ports/api-error.ts';
import type { ConfigMap, Secret } from '../../../../src/ports/stores.ts';
import { MemoryObjects, memoryConfigMaps, memorySecrets } from '../../../support/channel/memory-stores.ts';
import { ManualTime } from '../../../support/manual-time.ts';
import { RecordingLog, RecordingMetrics } from '../../../support/recording-telemetry.ts';

const SECRET = { namespace: 'heraldlb-system', name: 'heraldlb-ca' };
const BUNDLE = { namespace: 'heraldlb-system', name: 'heraldlb-ca-bundle' };
const DAY_MS = 24 * 3_600_000;

class RecordingIdentity extends ServerIdentity {
  readonly used: ServerCertificate[] = [];
  override use(current: ServerCertificate): void {
    this.used.push(current);
    super.use(current);
  }
  get shown(): X509Certificate {
    return new X509Certificate(this.used.at(-1)?.certificate ?? '');
  }
}

class Cluster {
  readonly time = new ManualTime();
  readonly secrets = new MemoryObjects<Secret>();
  readonly configMaps = new MemoryObjects<ConfigMap>();
  readonly log = new RecordingLog();
  readonly metrics = new RecordingMetrics();

  replica() {
    const identity = new RecordingIdentity();
    const store = new AuthorityStore(
      { secret: SECRET, bundle: BUNDLE, bundleKey: 'ca.crt' },
      { secrets: memorySecrets(this.secrets), configMaps: memoryConfigMaps(this.configMaps) },
    );
    const { time, log, metrics } = this;
    const authority = new CertificateAuthority(
      { serverName: 'controller' },
      { store, identity, clock: time, timers: time, log, metrics },
    );
    return { authority, identity };
  }

  get bundle(): X509Certificate[] {
    const pem = this.configMaps.peek(BUNDLE)?.data['ca.crt'] ?? '';
    return (pem.match(/-----BEGIN[\s\S]+?-----END CERTIFICATE-----\n/g) ?? []).map((one) => new X509Certificate(one));
  }

  trusts(certificate: X509Certificate): boolean {
    const now = this.time.wallTime();
    return this.bundle.some(
      (ca) => certificate.checkIssued(ca) && certificate.verify(ca.publicKey) && ca.validToDate > now,
    );
  }
}

describe('the certificate authority', () => {
  it('makes a CA, publishes it without its key, and issues a certificate of it', async () => {
    const cluster = new Cluster();
    const { authority, identity } = cluster.replica();
    expect(await authority.check(new AbortController().signal)).toBe(true);
    expect(cluster.trusts(identity.shown)).toBe(true);
    expect(identity.shown.checkHost('controller')).toBe('controller');
    expect(Object.keys(cluster.configMaps.peek(BUNDLE)?.data ?? {})).toEqual(['ca.crt']);
    expect(cluster.configMaps.peek(BUNDLE)?.data['ca.crt']).not.toContain('PRIVATE');
  });

  it('backdates what it makes by an hour, for clocks that are behind', async () => {
    const cluster = new Cluster();
    const { authority, identity } = cluster.replica();
    await authority.check(new AbortController().signal);
    const hourAgo = new Date(cluster.time.wallTime().getTime() - 3_600_000);
    expect([identity.shown.validFromDate, cluster.bundle[0]?.validFromDate]).toEqual([hourAgo, hourAgo]);
  });

  it('writes nothing when it looks again', async () => {
    const cluster = new Cluster();
    const { authority, identity } = cluster.replica();
    for (let look = 0; look < 3; look += 1) await authority.check(new AbortController().signal);
    expect([cluster.secrets.writes, cluster.configMaps.writes, identity.used.length]).toEqual([1, 1, 1]);
  });

  it('agrees with a replica that begins at the same moment', async () => {
    const cluster = new Cluster();
    const replicas = [cluster.replica(), cluster.replica(), cluster.replica()];
    const { signal } = new AbortController();
    expect(await Promise.all(replicas.map(({ authority }) => authority.check(signal)))).toEqual([true, true, true]);
    expect(cluster.secrets.writes).toBe(1);
    for (const { identity } of replicas) expect(cluster.trusts(identity.shown)).toBe(true);
    expect(cluster.bundle).toHaveLength(1);
  });

  it('takes over what another replica wrote between its read and its write', async () => {
    const cluster = new Cluster();
    const [first, second] = [cluster.replica(), cluster.replica()];
    const { signal } = new AbortController();
    await first.authority.check(signal);
    await cluster.time.advance(276 * DAY_MS);
    let raced: Promise<boolean> | undefined;
    cluster.secrets.beforeWrite = () => {
      cluster.secrets.beforeWrite = () => undefined;
      raced = first.authority.check(signal);
    };
    await second.authority.check(signal);
    await raced;
    await second.authority.check(signal);
    expect(cluster.bundle).toHaveLength(2);
    expect(cluster.trusts(second.identity.shown)).toBe(true);
  });

  it('through two years of days is always trusted by every bundle of the day before, and never ends', async () => {
    const cluster = new Cluster();
    const { authority, identity } = cluster.replica();
    const { signal } = new AbortController();
    let yesterday: X509Certificate[] = [];
    const signers = new Set<string>();
    for (let day = 0; day < 730; day += 1) {
      await authority.check(signal);
      const now = cluster.time.wallTime();
      expect(identity.shown.validToDate > now).toBe(true);
      expect(cluster.trusts(identity.shown)).toBe(true);
      if (day > 0)
        expect(yesterday.some((ca) => identity.shown.checkIssued(ca) && identity.shown.verify(ca.publicKey))).toBe(
          true,
        );
      yesterday = cluster.bundle;
      signers.add(String(yesterday[0]?.fingerprint256));
      await cluster.time.advance(DAY_MS);
    }
    expect(signers.size).toBe(3);
  });

  it('brings back the same CA when somebody deletes the Secret, and the bundle when somebody deletes or edits that', async () => {
    const cluster = new Cluster();
    const { authority } = cluster.replica();
    const { signal } = new AbortController();
    await authority.check(signal);
    const [before] = cluster.bundle;
    cluster.secrets.remove(SECRET);
    cluster.configMaps.remove(BUNDLE);
    await authority.check(signal);
    expect(cluster.bundle[0]?.fingerprint256).toBe(before?.fingerprint256);
    const bundle = cluster.configMaps.peek(BUNDLE);
    if (bundle !== undefined)
      await cluster.configMaps.update({ ...bundle, data: { 'ca.crt': 'edited', other: 'kept' } });
    await authority.check(signal);
    expect(cluster.bundle[0]?.fingerprint256).toBe(before?.fingerprint256);
  });

  it('replaces a Secret that holds nothing usable, and says so', async () => {
    const cluster = new Cluster();
    await cluster.secrets.create({ ref: SECRET }, (meta) => ({
      meta,
      type: 'Opaque',
      data: { 'ca.crt': Buffer.from('rubbish') },
    }));
    const { authority, identity } = cluster.replica();
    expect(await authority.check(new AbortController().signal)).toBe(true);
    expect(cluster.trusts(identity.shown)).toBe(true);
    expect(cluster.log.events('error')).toEqual(['ca-secret-unusable']);
  });

  it('keeps what it has in use while the API server is away, and finishes when it is back', async () => {
    const cluster = new Cluster();
    const { authority, identity } = cluster.replica();
    const stopping = new AbortController();
    cluster.secrets.failures.push(
      new ApiError('unavailable', 'no connection'),
      new ApiError('unavailable', 'no connection'),
    );
    const started = authority.start(stopping.signal);
    await cluster.time.advance(0);
    expect(identity.used).toEqual([]);
    for (let second = 0; second < 4; second += 1) await cluster.time.advance(1_000);
    await started;
    expect(cluster.trusts(identity.shown)).toBe(true);
    cluster.secrets.failures.push(new ApiError('unavailable', 'no connection'));
    await cluster.time.advance(60_000);
    expect(identity.used).toHaveLength(1);
    stopping.abort();
    expect(cluster.time.armed).toBe(0);
  });
});
