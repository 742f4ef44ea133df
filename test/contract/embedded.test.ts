import { startEmbeddedApi } from '../../src/lab/api/embedded-api.ts';
import { describeContract } from './contract.ts';

describeContract('the embedded API', async () => {
  const api = await startEmbeddedApi();
  return {
    url: api.url,
    ca: api.ca,
    adminToken: api.adminToken,
    forgetHistory: async () => api.compact(),
    [Symbol.asyncDispose]: () => api.stop(),
  };
});
