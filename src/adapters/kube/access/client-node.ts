import type { Agent, RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { messageOf } from '../../../ports/error-message.ts';
import { type ClusterAccess, ClusterAccessError, type TlsMaterial } from './cluster-access.ts';
import type { KubeconfigOptions } from './kubeconfig.ts';

/** A context of a kubeconfig file whose credentials need exec plugins, auth providers or proxies. */
export function clientNodeAccess({ path, context }: KubeconfigOptions, server: URL): ClusterAccess {
  const config = new KubeConfig();
  try {
    config.loadFromFile(path);
    if (context !== undefined) config.setCurrentContext(context);
  } catch (error) {
    throw new ClusterAccessError(`kubeconfig ${path} is not usable: ${messageOf(error)}`);
  }
  const optionsNow = async (): Promise<RequestOptions> => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    return options;
  };
  return {
    server,
    tls: async () => {
      const { ca, cert, key, servername, rejectUnauthorized } = await optionsNow();
      const material = { ca, cert, key, servername, rejectUnauthorized };
      return Object.fromEntries(Object.entries(material).filter(([, value]) => value !== undefined)) as TlsMaterial;
    },
    authorization: async () => {
      const { headers } = await optionsNow();
      return (headers as Readonly<Record<string, string>> | undefined)?.Authorization;
    },
    proxyAgent: async () =>
      config.getCurrentCluster()?.proxyUrl ? ((await optionsNow()).agent as Agent | undefined) : undefined,
  };
}
