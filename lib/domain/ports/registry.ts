/** Where container images are kept: ECR, somebody's own registry, or memory. */

/** The service whose images are meant. */
export interface RegistryTarget {
  readonly projectId: string;
  readonly projectSlug: string;
  readonly service: string;
}

/**
 * An hour: the longest that STS gives a role that was assumed by another (docs: "Role chaining"), and a push or a
 * pull takes minutes. Who needs another one asks for it.
 */
export const CREDENTIAL_SECONDS = 3_600;

/** A repository, as an image reference names it: `<host>/<repository>:<tag>`. */
export interface RepositoryAddress {
  /** Host, with the port where it is not the scheme's own. */
  readonly host: string;
  /** The full name below the host, without tag or digest. */
  readonly repository: string;
  /** Whether the registry speaks plain HTTP: only ever on loopback. */
  readonly insecure: boolean;
}

export interface RegistryCredential {
  readonly username: string;
  readonly password: string;
  /** Until when it may be relied on. */
  readonly expiresAt: Date;
}

/** What a registry holds under a digest, by its own word. */
export interface StoredImage {
  /** `sha256:<64 hex digits>` of the manifest's bytes. */
  readonly digest: string;
  readonly mediaType: string;
  /** Bytes that a pull of all its platforms takes: configurations and layers, each counted once. */
  readonly sizeBytes: number;
  /** `os/architecture` or `os/architecture/variant`, sorted. Empty for an artifact that runs nowhere. */
  readonly platforms: readonly string[];
  /** Tags that point at the digest now, sorted; empty where a registry cannot tell. */
  readonly tags: readonly string[];
}

/** The registry refused, is away or holds nonsense. The message may be shown to the project's members. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  /** Whether the same call may succeed later: throttling, a registry that is away. */
  readonly temporary: boolean;

  constructor(message: string, temporary = false, options?: ErrorOptions) {
    super(message, options);
    this.temporary = temporary;
  }
}

export interface Registry {
  /**
   * Makes the repository of a service when it is absent.
   * @throws RegistryError
   */
  ensureRepository(target: RegistryTarget): Promise<RepositoryAddress>;
  /**
   * A short-lived credential to push to and pull from this repository, and no other.
   * @throws RegistryError
   */
  token(repository: string): Promise<RegistryCredential>;
  /**
   * @returns undefined when the registry does not hold the digest
   * @throws RegistryError also when the manifest is none that is understood
   */
  describe(repository: string, digest: string): Promise<StoredImage | undefined>;
}

/** The installation's own registry, which also forgets. */
export interface InstallationRegistry extends Registry {
  /**
   * Removes the repository of a service with all its images. No error when there is none.
   * @throws RegistryError
   */
  removeRepository(target: RegistryTarget): Promise<void>;
  /**
   * A short-lived credential to pull from all repositories of a project, and to push to none.
   * @returns with it the registry and the folder that the names of these repositories begin with
   * @throws RegistryError
   */
  pullToken(
    projectSlug: string,
  ): Promise<{ readonly address: RepositoryAddress; readonly credential: RegistryCredential }>;
}

/** A registry that is not the installation's own, and what opens it. Without credential both texts are empty. */
export interface RegistryAccess {
  readonly host: string;
  /** Plain HTTP instead of HTTPS. */
  readonly insecure: boolean;
  readonly username: string;
  readonly password: string;
}

export type OpenRegistry = (access: RegistryAccess) => Registry;
