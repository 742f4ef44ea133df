import { describe, expect, it } from 'vitest';
import { LeaderEndpoint } from '../../../../src/controller/speakers/leader-endpoint.ts';
import { ApiError } from '../../../../src/ports/api-error.ts';
import type { EndpointSliceStore, OwnedEndpointSlice } from '../../../../src/ports/stores.ts';
import { ManualTime } from '../../../support/manual-time.ts';
import { RecordingLog } from '../../../support/recording-telemetry.ts';

class FakeSlices implements EndpointSliceStore {
  readonly written: OwnedEndpointSlice[] = [];
  readonly failures: ApiError[] = [];

  async put(slice: OwnedEndpointSlice): Promise<void> {
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    this.written.push(slice);
  }

  async delete(): Promise<void> {
    throw new Error('the slice is never deleted');
  }
}

function setUp(address = '10.42.0.7') {
  const [time, store, log, leading] = [new ManualTime(), new FakeSlices(), new RecordingLog(), new AbortController()];
  const endpoint = new LeaderEndpoint(
    {
      namespace: 'heraldlb-system',
      serviceName: 'heraldlb-controller',
      port: 7950,
      address,
      podName: 'controller-1',
      nodeName: 'node-a',
    },
    { store, timers: time, log },
  );
  return { time, store, log, leading, endpoint };
}

describe('the endpoint of the leader', () => {
  it("points the Service to this replica's Pod", async () => {
    const { endpoint, store, time, leading } = setUp();
    const running = endpoint.run(leading.signal);
    await time.advance(0);
    expect(store.written).toEqual([
      {
        ref: { namespace: 'heraldlb-system', name: 'heraldlb-controller' },
        serviceName: 'heraldlb-controller',
        managedBy: 'heraldlb-controller',
        addressType: 'IPv4',
        endpoints: [
          {
            addresses: ['10.42.0.7'],
            ready: true,
            nodeName: 'node-a',
            pod: { namespace: 'heraldlb-system', name: 'controller-1' },
          },
        ],
        ports: [{ name: 'speakers', protocol: 'TCP', port: 7950 }],
      },
    ]);
    leading.abort();
    await running;
    expect(time.armed).toBe(0);
  });

  it('has an IPv6 slice for a Pod with an IPv6 address', async () => {
    const { endpoint, store, time, leading } = setUp('fd00::7');
    void endpoint.run(leading.signal);
    await time.advance(0);
    expect(store.written[0]?.addressType).toBe('IPv6');
    leading.abort();
  });

  it('tries again soon while the API server does not take it, and says so once', async () => {
    const { endpoint, store, time, log, leading } = setUp();
    store.failures.push(...Array.from({ length: 3 }, () => new ApiError('unavailable', 'no connection')));
    void endpoint.run(leading.signal);
    await time.advance(0);
    await time.advance(1_400);
    expect(store.written).toHaveLength(0);
    await time.advance(100);
    expect(store.written).toHaveLength(1);
    expect(log.events('warn')).toEqual(['leader-endpoint-failed']);
    leading.abort();
  });

  it('repairs what others do to it every 30 s, and writes nothing once it leads no more', async () => {
    const { endpoint, store, time, leading } = setUp();
    const running = endpoint.run(leading.signal);
    await time.advance(0);
    await time.advance(90_000);
    expect(store.written).toHaveLength(4);
    leading.abort();
    await running;
    await time.advance(90_000);
    expect(store.written).toHaveLength(4);
  });
});
