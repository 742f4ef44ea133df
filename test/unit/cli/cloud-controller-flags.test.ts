import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import {
  addCloudControllerFlags,
  CLOUD_CONTROLLER_FLAGS,
  ignoredFlags,
} from '../../../src/cli/cloud-controller-flags.ts';
import { cloudControllerSettings } from '../../../src/cli/cloud-controller-settings.ts';
import { goDuration } from '../../../src/cli/go-flag-values.ts';

function parse(...flags: string[]): Command {
  const command = addCloudControllerFlags(new Command('controller'))
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  command.allowExcessArguments(false).parse(flags, { from: 'user' });
  return command;
}

const settings = (...flags: string[]) => cloudControllerSettings(parse(...flags), 'heraldlb-system');

test('without flags a controller leads by its own Lease and serves Services without a class', () => {
  expect(settings()).toEqual({
    clusterName: 'kubernetes',
    kubeApiQps: 500,
    kubeApiBurst: 1000,
    concurrentServiceSyncs: 8,
    runsServiceController: true,
    leaderElection: {
      enabled: true,
      lease: { namespace: 'heraldlb-system', name: 'heraldlb-controller' },
      leaseDurationMs: 15_000,
      renewDeadlineMs: 10_000,
      retryPeriodMs: 2_000,
    },
    securePort: 10_258,
    bindAddress: '0.0.0.0',
    verbose: false,
  });
});

test("flags are read in both of Go's ways of writing them", () => {
  const given = settings(
    '--leader-elect=false',
    '--kube-api-qps',
    '-1',
    '--leader-elect-lease-duration=1m30s',
    '-v=4',
    '--load-balancer-class=a/b',
  );
  expect(given).toMatchObject({
    kubeApiQps: 0,
    loadBalancerClass: 'a/b',
    verbose: true,
    leaderElection: { enabled: false, leaseDurationMs: 90_000 },
  });
  expect(settings('--leader-elect').leaderElection.enabled).toBe(true);
});

test('the flags that k3s gives its own cloud-controller-manager are accepted, and those without effect are named', () => {
  const command = parse(
    '--allocate-node-cidrs=true',
    '--cloud-provider=heraldlb',
    '--cluster-cidr=10.42.0.0/16',
    '--configure-cloud-routes=false',
    '--controllers=*,-route',
    '--feature-gates=CloudDualStackNodeIPs=true',
    '--leader-elect-resource-name=k3s-cloud-controller-manager',
    '--node-status-update-frequency=1m0s',
    '--profiling=false',
  );
  expect(cloudControllerSettings(command, 'x').runsServiceController).toBe(true);
  expect(
    ignoredFlags(command)
      .map(({ flag }) => flag)
      .sort(),
  ).toEqual([
    '--allocate-node-cidrs',
    '--cluster-cidr',
    '--configure-cloud-routes',
    '--feature-gates',
    '--node-status-update-frequency',
    '--profiling',
  ]);
});

test.each([
  ['*', true],
  ['*,-service', false],
  ['-service-lb-controller,*', false],
  ['service', true],
  ['cloud-node', false],
  ['service,-service', true],
])('--controllers=%s runs the service controller: %s', (list, expected) => {
  expect(settings(`--controllers=${list}`).runsServiceController).toBe(expected);
});

describe('a flag that cannot be used is one line that names it', () => {
  test.each([
    [['--cloud-provider=aws'], '--cloud-provider must be heraldlb, not "aws"'],
    [['--controllers=nonsense'], '--controllers: there is no controller "nonsense"'],
    [['--concurrent-service-syncs=0'], '--concurrent-service-syncs must be greater than 0'],
    [['--concurrent-node-syncs=0'], '--concurrent-node-syncs must be greater than 0'],
    [['--concurrent-node-status-updates=-1'], '--concurrent-node-status-updates must not be negative'],
    [['--leader-elect-resource-lock=endpoints'], '--leader-elect-resource-lock must be leases'],
    [
      ['--leader-elect-renew-deadline=20s'],
      '--leader-elect-*: the lease duration must be greater than the renew deadline',
    ],
    [['--secure-port=70000'], '--secure-port must be a port from 0 to 65535'],
    [['--tls-cert-file=a.pem'], '--tls-cert-file and --tls-private-key-file must be given together'],
    [['--leader-elect-retry-period=2'], 'must be a duration such as 15s'],
    [['--leader-elect=maybe'], 'must be true or false'],
    [['--no-such-flag'], "unknown option '--no-such-flag'"],
  ])('%j: %s', (flags, message) => {
    expect(() => settings(...flags)).toThrow(message);
  });
});

test.each([
  ['15s', 15_000],
  ['1m30s', 90_000],
  ['1h', 3_600_000],
  ['1.5s', 1_500],
  ['250ms', 250],
  ['0', 0],
])('the duration %s is %d ms', (text, expected) => {
  expect(goDuration(text)).toBe(expected);
});

test('no flag is there twice', () => {
  const names = CLOUD_CONTROLLER_FLAGS.map((flag) => flag.name);
  expect(new Set(names).size).toBe(names.length);
});
