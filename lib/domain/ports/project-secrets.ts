/** The port of projects' secrets: the one place where their values are. */

export interface SecretVersion {
  readonly projectId: string;
  readonly name: string;
  readonly value: string;
  /** A ULID that names this change: a repeat of it changes nothing. */
  readonly change: string;
}

/** A change that is known already came with another value. */
export class SecretChangeReused extends Error {
  override readonly name = 'SecretChangeReused';
}

export interface ProjectSecrets {
  /**
   * Makes the value the present one; a secret that was removed before is there again.
   * @returns false when it is the repeat of a change that later ones have followed: then it stays as it is
   * @throws SecretChangeReused
   */
  put(version: SecretVersion): Promise<boolean>;
  /** From now on it cannot be read. One that is not there is no error. */
  remove(projectId: string, name: string): Promise<void>;
  /** The names of all that a project has, also of those that nothing else knows. */
  names(projectId: string): Promise<string[]>;
  /** The present values by name; absent ones are left out. */
  readMany(projectId: string, names: readonly string[]): Promise<ReadonlyMap<string, string>>;
}
