/** Applies the lifecycle policies of all repositories. */
import { expired, parseLifecyclePolicy } from './lifecycle-policy.ts';
import { parseManifest } from './manifest.ts';
import type { EcrState } from './state.ts';

export function expireImages({ repositories, cloud }: EcrState): void {
  for (const { name, lifecycle } of repositories.all()) {
    if (lifecycle === null) continue;
    const images = repositories.images(name);
    const inIndexes = new Set(
      images.flatMap(({ manifest, media_type }) => parseManifest(manifest, media_type).images),
    );
    const candidates = images.map(({ digest, pushed }) => ({
      digest,
      pushed,
      tags: repositories.tags(name, digest).map(({ tag }) => tag),
      referenced: inIndexes.has(digest),
    }));
    const gone = expired(parseLifecyclePolicy(lifecycle), candidates, cloud.now());
    for (const digest of gone) repositories.removeImage(name, digest);
    if (gone.length > 0) cloud.log('ecr', `${gone.length} images of ${name} expired by its lifecycle policy`);
  }
}
