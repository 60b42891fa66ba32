/**
 * The deploy target `static` on S3 and CloudFront. A version is a folder of the sites' bucket; which one is live stands in a key
 * value store, which a function at the edge reads for each request: so a site is switched by one write.
 */
import { S3Client } from '@aws-sdk/client-s3';
import { type TargetAdapter, TargetError } from '../../domain/ports/targets.ts';
import type { StaticTarget } from '../../domain/target/static.ts';
import { httpProbe } from '../probe.ts';
import type { Edge } from './edge.ts';
import { rootOf, type SiteRelease, versionOf } from './layout.ts';
import type { LiveVersions } from './live.ts';
import { outdatedVersions, readMarker, removeVersions, writeMarker } from './prune.ts';
import { type SiteStore, uploadSite } from './upload.ts';

/** @param artifacts their bucket @param bucket of sites @param domains that sites may have host names of */
export function siteAdapter(
  artifacts: string,
  bucket: string,
  live: LiveVersions,
  edge: Edge,
  domains: readonly string[],
  client: S3Client = new S3Client({}),
): Required<Omit<TargetAdapter<StaticTarget>, 'fault' | 'drop' | 'dropCandidate'>> {
  const store: SiteStore = { client, bucket, artifacts };
  const markerOf = (release: SiteRelease) => readMarker(store, rootOf(release), versionOf(release));
  const nameOf = ({ target }: SiteRelease, version: string) => `${target.site}@${version}`;

  return {
    async serving(release) {
      const current = await live.find(release.target.site);
      return current?.root === rootOf(release) ? current.version : undefined;
    },

    async has(release, version) {
      return version === versionOf(release) && (await markerOf(release)) !== undefined;
    },

    async prepare(release) {
      assertDomain(release.target.site, domains);
      await assertOwner(live, release);
      if ((await markerOf(release)) !== undefined) return;
      await writeMarker(store, await uploadSite(store, release));
    },

    async isReady(release) {
      return (await markerOf(release)) !== undefined;
    },

    /** From now on the version is served below a name of its own, `shop@0123…`. */
    async publish(release) {
      const version = versionOf(release);
      const name = nameOf(release, version);
      await live.change({ [name]: await liveVersion(store, release, version) });
      await edge.serves(name, version);
      return version;
    },

    async ask(release, version, question) {
      const { href } = new URL(`.${question.path}`, edge.urlOf(nameOf(release, version)));
      return httpProbe().get(href, question);
    },

    async candidateUrl(release, version) {
      return edge.urlOf(nameOf(release, version));
    },

    async shift(release, { version, previous }) {
      await assertOwner(live, release);
      const { site } = release.target;
      const root = rootOf(release);
      const outdated = await outdatedVersions(store, root, [version, previous]);
      await live.change(
        { [site]: await liveVersion(store, release, version) },
        await live.known(outdated.map((old) => nameOf(release, old))),
      );
      await edge.serves(site, version);
      if (outdated.length > 0) await removeVersions(store, root, outdated);
      return { url: edge.urlOf(site) };
    },
  };
}

/** How it is to be served stands with the version: the one that is gone back to may have had another index. */
async function liveVersion(store: SiteStore, release: SiteRelease, version: string) {
  const marker = await readMarker(store, rootOf(release), version);
  if (marker === undefined)
    throw new TargetError(`Version ${version} of the site ${release.target.site} no longer exists.`);
  return marker.live;
}

/** A site stays when its environment goes, and with it whose it is: its visitors know it by its address. */
async function assertOwner(live: LiveVersions, release: SiteRelease): Promise<void> {
  const { site } = release.target;
  const current = await live.find(site);
  if (current === undefined || current.root === rootOf(release)) return;
  throw new TargetError(
    `The site ${site} belongs to another project. Choose another name; or an operator deletes its key '${site}' from the key value store of sites, and it is free.`,
  );
}

/** @param domains a wildcard stands for one label, as in a certificate */
function assertDomain(site: string, domains: readonly string[]): void {
  const isCovered = (domain: string) =>
    domain === site || (domain.startsWith('*.') && site.slice(site.indexOf('.')) === domain.slice(1));
  if (!site.includes('.') || domains.some(isCovered)) return;
  const known =
    domains.length === 0 ? 'It has no domains for sites.' : `Its domains are ${domains.join(', ')}.`;
  throw new TargetError(
    `This installation serves no site under ${site}. ${known} An operator adds one with the context keys siteDomains and siteCertificate.`,
  );
}
