import type { Secret } from '../../../ports/stores.ts';
import { mapMeta, type WireObject } from './wire.ts';

/** @see Kubernetes API core/v1 Secret */
export function mapSecret(object: WireObject): Secret {
  const { metadata, type, data } = object as WireObject & { type?: string; data?: Readonly<Record<string, string>> };
  const decoded = Object.entries(data ?? {}).map(([key, value]) => [key, new Uint8Array(Buffer.from(value, 'base64'))]);
  return {
    meta: mapMeta(metadata),
    type: type ?? 'Opaque',
    data: Object.fromEntries(decoded) as Record<string, Uint8Array>,
  };
}
