/** Images in the installation's own registry, looked at and not changed. */
import type { RegistryTarget, StoredImage } from './registry.ts';

export interface FoundImage extends Omit<StoredImage, 'tags'> {
  /** `host/name` of the repository, without tag and digest. */
  readonly repository: string;
}

export interface Images {
  /**
   * An image of a project, by the service that its repository is named after.
   * @returns undefined when the registry does not hold it
   * @throws RegistryError also when the manifest is none that is understood
   */
  find(target: RegistryTarget, digest: string): Promise<FoundImage | undefined>;
  /**
   * Those of the digests that the registry does not hold; all of them when there is no such repository.
   * @param repository its full name below the host
   * @throws RegistryError
   */
  missing(repository: string, digests: readonly string[]): Promise<string[]>;
}
