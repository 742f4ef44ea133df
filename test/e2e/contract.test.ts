import { readFile } from 'node:fs/promises';
import { describeContract } from '../contract/contract.ts';
import { startControlPlane } from '../kubernetes/control-plane.ts';

describeContract('a real kube-apiserver', async () => {
  const controlPlane = await startControlPlane({
    name: 'contract',
    controllers: 'namespace-controller,serviceaccount-controller',
  });
  return {
    url: controlPlane.url,
    ca: await readFile(controlPlane.caFile, 'utf8'),
    adminToken: controlPlane.credentials.adminToken,
    // Its history is the cache of the process: a new one begins where the old one stopped.
    forgetHistory: async () => {
      await controlPlane.stopApiServer();
      await controlPlane.startApiServer();
    },
    [Symbol.asyncDispose]: () => controlPlane[Symbol.asyncDispose](),
  };
});
