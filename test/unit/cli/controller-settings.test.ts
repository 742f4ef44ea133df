import { Command } from 'commander';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { addCloudControllerFlags } from '../../../src/cli/cloud-controller-flags.ts';
import { addOwnFlags, controllerSettings } from '../../../src/cli/controller-settings.ts';
import { formatIp } from '../../../src/core/net/index.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

function settings(...flags: string[]) {
  const command = addOwnFlags(addCloudControllerFlags(new Command('controller')))
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  return controllerSettings(command.parse(flags, { from: 'user' }));
}

/** The ranges of the one pool that flags and environment make. */
function rangesOf(fixed: ReturnType<typeof settings>['fixedConfiguration']): readonly string[] {
  return fixed.flatMap((each) =>
    each.kind === 'IPAddressPool'
      ? each.pool.ranges.map(({ first, last }) => `${formatIp(first)}-${formatIp(last)}`)
      : [],
  );
}

describe('a pool without any object', () => {
  test('is made of all --pool flags, and announced on layer 2', () => {
    const { fixedConfiguration } = settings('--pool', '10.0.0.0/30', '--pool=fd00::1-fd00::2');
    expect(rangesOf(fixedConfiguration)).toEqual(['10.0.0.0-10.0.0.3', 'fd00::1-fd00::2']);
    expect(fixedConfiguration.map(({ kind }) => kind)).toEqual(['IPAddressPool', 'L2Advertisement']);
  });

  test('is made of HERALDLB_POOL, a list with commas, unless a flag is given', () => {
    vi.stubEnv('HERALDLB_POOL', '10.0.0.0/30, 10.0.1.1-10.0.1.9,');
    expect(rangesOf(settings().fixedConfiguration)).toEqual(['10.0.0.0-10.0.0.3', '10.0.1.1-10.0.1.9']);
    expect(rangesOf(settings('--pool', '10.0.9.0/31').fixedConfiguration)).toEqual(['10.0.9.0-10.0.9.1']);
  });

  test('that is wrong is one line with the flag, the value and the remedy', () => {
    expect(() => settings('--pool', '10.0.0.9-10.0.0.1')).toThrow(
      '--pool "10.0.0.9-10.0.0.1": runs backwards; write "10.0.0.1-10.0.0.9"',
    );
  });
});

test('configuration counts in our namespace and in those of the guides, or where --config-namespace says', () => {
  expect(settings('--namespace', 'lb').configNamespaces).toEqual(['lb', 'metallb-system', 'metallb']);
  expect(settings('--config-namespace', 'a', '--config-namespace=*').configNamespaces).toEqual(['a', '*']);
});

test("metrics have MetalLB's names too, unless they are not wanted", () => {
  expect(settings().metallbMetrics).toBe(true);
  expect(settings('--metallb-metrics=false').metallbMetrics).toBe(false);
});
