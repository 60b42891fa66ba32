/** Names of images in the installation's own registry. */
export interface ImageTags {
  /**
   * Lets a tag point at an image that is there. A repeat changes nothing, and a tag that never moves stays where it is.
   * @returns `taken` when the tag is of another image, `absent` when the registry does not hold the digest
   * @throws RegistryError
   */
  tag(repository: string, digest: string, tag: string): Promise<'tagged' | 'taken' | 'absent'>;
}
