// Names and numbers that the program, its manifests and its tests must agree on. All of them can be set by a flag.

/** TCP port of the controller on which speakers dial (`heraldlb.speaker.v1`, TLS). */
export const SPEAKER_SERVICE_PORT = 7950;
/** TCP port of the controller's `grpc.health.v1`, plaintext. */
export const CONTROLLER_HEALTH_PORT = 7951;
/** TCP port of the speaker's `grpc.health.v1`, plaintext, on the host's network. */
export const SPEAKER_HEALTH_PORT = 7952;
/** UDP port of hellos between the speakers of neighbouring nodes: not MetalLB's 7946. */
export const NEIGHBOUR_PORT = 7953;
/** TCP port of `/metrics`, of both: not MetalLB's, so that the two can be on one node while somebody moves over. */
export const METRICS_PORT = 7954;

export const DEFAULT_NAMESPACE = 'heraldlb-system';
/** The Service without selector that speakers dial; its EndpointSlice of the same name points to the leader. */
export const CONTROLLER_SERVICE_NAME = 'heraldlb-controller';
/** The ServiceAccount whose tokens are accepted from speakers. */
export const SPEAKER_SERVICE_ACCOUNT = 'heraldlb-speaker';
/** Audience of the projected token that a speaker shows. */
export const SPEAKER_TOKEN_AUDIENCE = 'heraldlb-controller';
/** Secret with certificate and key of our CA, in our namespace. */
export const CA_SECRET_NAME = 'heraldlb-ca';
/** Secret with the keys of hellos between neighbours, in our namespace. */
export const HELLO_KEYS_SECRET_NAME = 'heraldlb-hello-keys';
/** ConfigMap with the certificates that speakers trust, in our namespace. */
export const CA_BUNDLE_CONFIG_MAP_NAME = 'heraldlb-ca-bundle';
/** Key of that ConfigMap: one or more PEM certificates. */
export const CA_BUNDLE_KEY = 'ca.crt';

/** The name in the controller's certificate, whatever address a speaker dials. */
export function controllerServerName(namespace: string): string {
  return `${CONTROLLER_SERVICE_NAME}.${namespace}.svc`;
}
