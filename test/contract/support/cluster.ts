/** A Kubernetes API that the contract is checked against: the embedded one, or a real kube-apiserver. */
export interface Cluster extends AsyncDisposable {
  /** `https://host:port` */
  readonly url: string;
  /** PEM */
  readonly ca: string;
  /** Bearer token of a member of system:masters. */
  readonly adminToken: string;
  /** Makes every resourceVersion of before too old to watch from. Open watches may end. */
  forgetHistory(): Promise<void>;
}

/** Starts one. */
export type StartCluster = () => Promise<Cluster>;
