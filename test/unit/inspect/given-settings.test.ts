import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addCloudControllerFlags } from '../../../src/cli/cloud-controller-flags.ts';
import { addOwnFlags, controllerSettings } from '../../../src/cli/controller-settings.ts';
import { DEFAULT_SETTINGS, settingsFor, settingsIn } from '../../../src/inspect/given-settings.ts';

const NAMED = ['--config-namespace=a', '--config-namespace', 'b'];

describe('the flags of a controller are read as it reads them itself:', () => {
  it.each([
    ['--load-balancer-class=example.com/lb'],
    ['--load-balancer-class', 'example.com/lb'],
    ['--load-balancer-class=example.com/lb', '--lb-class=example.com/other'],
    ['--load-balancer-class='],
    ['--load-balancer-class=a.b/c', '--load-balancer-class=a.b/d'],
    ['--ignore-exclude-lb'],
    ['--ignore-exclude-lb', '--retire-endpoints'],
    ['--ignore-exclude-lb=true'],
    ['--ignore-exclude-lb=F'],
    ['--ignore-exclude-lb', 'false'],
    ['--ignore-exclude-lb=0', '--ignore-exclude-lb=1'],
    ['--retire-endpoints', '--log-level=debug'],
  ])('%s %s', (...flags) => {
    const command = addOwnFlags(addCloudControllerFlags(new Command('controller')));
    command.parse([...NAMED, ...flags], { from: 'user' });
    const { configNamespaces, loadBalancerClass, ignoreExcludeLabel } = controllerSettings(command);
    expect(settingsIn(['controller', ...NAMED, ...flags])).toEqual({
      configNamespaces,
      ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }),
      ignoreExcludeLabel,
    });
  });
});

it('a controller that is told nothing has the settings of nothing', () => {
  expect(settingsIn(['controller', '--pool=192.0.2.0/28'])).toEqual(DEFAULT_SETTINGS);
});

describe('a rehearsal', () => {
  const given = { configNamespaces: ['lb'], loadBalancerClass: 'example.com/lb', ignoreExcludeLabel: true };

  it('goes by what the controller is told', () => {
    expect(settingsFor({ configNamespaces: [] }, given)).toEqual(given);
  });

  it('goes by its own flags where they say something else', () => {
    const told = { configNamespaces: ['*'], loadBalancerClass: 'a.b/c', ignoreExcludeLabel: false };
    expect(settingsFor(told, given)).toEqual(told);
  });

  it('serves Services without a class when it is told an empty one', () => {
    expect(settingsFor({ loadBalancerClass: '' }, given)).not.toHaveProperty('loadBalancerClass');
  });
});
