/** What `staithe deploy` deploys, by its options. */
import { flag, list, pairs, text, type ValuesOf } from '../command/option.ts';
import { usageFailure } from '../failure/failure.ts';

export const whatOptions = {
  release: text('--release <release>', 'Tag, version, range such as ^1.2, latest, or release id (rel_…)'),
  gitSha: text('--git-sha <sha>', 'Commit of the release, at least its first 7 digits; with --manifest-hash'),
  manifestHash: text('--manifest-hash <hash>', 'Hash of the manifest that the release was built with'),
  direct: flag(
    '--direct',
    'Create a missing release from the build of --git-sha, or without it from the newest completed build',
  ),
  artifact: list(
    '--artifact <artifact>',
    'Artifact id (art_…) or digest: the release of just these artifacts',
  ),
  image: pairs(
    '--image <service=digest>',
    'Digest of an image in the registry of the installation: the release of just these images',
  ),
};

/** @throws Failure usage: none of them, or more than one */
export function whatOf(options: ValuesOf<typeof whatOptions>) {
  const { release, gitSha, manifestHash, direct, artifact, image } = options;
  const hasImages = Object.keys(image).length > 0;
  const named = [
    release !== undefined && '--release',
    gitSha !== undefined && '--git-sha',
    artifact.length > 0 && '--artifact',
    hasImages && '--image',
  ].filter((name) => name !== false);
  if (named.length > 1)
    throw usageFailure(`${named.join(' and ')} cannot be combined.`, 'Specify one of them.');
  if (named.length === 0 && !direct)
    throw usageFailure(
      'Nothing to deploy specified.',
      'Add --release <release>, for example --release latest, or --git-sha, --artifact, --image or --direct.',
    );
  if (direct && named.length > 0 && gitSha === undefined)
    throw usageFailure(`--direct has no effect together with ${named[0]}.`, 'Remove one of them.');
  if ((gitSha === undefined) !== (manifestHash === undefined))
    throw usageFailure(
      '--git-sha and --manifest-hash must be specified together.',
      'Show both of a build: staithe build show <build> --json',
    );
  return {
    ...(release !== undefined && { release }),
    ...(gitSha !== undefined && { git_sha: gitSha }),
    ...(manifestHash !== undefined && { manifest_hash: manifestHash }),
    ...(direct && { direct }),
    ...(artifact.length > 0 && { artifacts: artifact }),
    ...(hasImages && { images: image }),
  };
}
