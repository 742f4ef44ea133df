import { ethernet, FakeHost, FakeLan, mac } from '../../support/fake-lan.ts';
import { describeFrameSockets } from '../../support/frame-socket-contract.ts';

const NEAR = mac('02:00:00:00:0a:01');
const FAR = mac('02:00:00:00:0b:01');

describeFrameSockets(
  'the sockets of a LAN without cables',
  async () => {
    const lan = new FakeLan();
    const end = (index: number, address: typeof NEAR) => ({
      sockets: new FakeHost(lan, [ethernet({ name: 'eth0', index, mac: address })]),
      interfaceIndex: index,
      mac: address,
    });
    return { near: end(2, NEAR), far: end(3, FAR) };
  },
  async () => {},
);
