/**
 * What a process keeps for its next start on this node, for as long as the machine runs. Each name is one value of plain JSON;
 * nobody but root can read it.
 */
export interface StateStore {
  /** What was last written under a name; undefined when nothing was. @throws StateStoreError when it cannot be used */
  read(name: string): Promise<unknown>;
  /** Replaces it as a whole: whoever reads sees the old value or the new one. One call at a time for each name. */
  write(name: string, value: unknown): Promise<void>;
}

/**
 * `damaged`: not what was written. `foreign`: of another version of the program, another node, or from before the machine
 * started. `unreadable`: the file system refuses.
 */
export type StateStoreErrorCode = 'damaged' | 'foreign' | 'unreadable';

/** Why a state is left out; the message is one sentence for people. */
export class StateStoreError extends Error {
  override readonly name = 'StateStoreError';
  readonly code: StateStoreErrorCode;

  constructor(code: StateStoreErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
