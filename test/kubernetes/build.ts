// `npm run kubernetes`: builds the Kubernetes that the end-to-end tests and benchmarks run against, once for each pin.
import { ensureKubernetesBinaries } from './binaries.ts';

try {
  const binaries = await ensureKubernetesBinaries(console.log);
  console.log(`kube-apiserver: ${binaries.path('kube-apiserver')}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
