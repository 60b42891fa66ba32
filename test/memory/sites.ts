/** The deploy target `static` in memory: sites whose files are the artifact. */
import type { Blobs } from '../../lib/domain/ports/blobs.ts';
import { type TargetAdapter, TargetError, type TargetRelease } from '../../lib/domain/ports/targets.ts';
import type { StaticTarget } from '../../lib/domain/target/static.ts';

type SiteRelease = TargetRelease<StaticTarget>;

interface MemorySite {
  readonly projectId: string;
  readonly versions: Set<string>;
  live?: string;
}

/** @param blobs in which artifacts lie */
export function memorySites(blobs: Pick<Blobs, 'head'>): TargetAdapter<StaticTarget> {
  const sites = new Map<string, MemorySite>();
  const versionOf = ({ target, variables, artifact }: SiteRelease): string =>
    JSON.stringify([artifact.digest, target, target.variables_file === undefined ? {} : variables]);
  const siteOf = ({ target: { site }, projectId }: SiteRelease): MemorySite => {
    const found = sites.get(site) ?? { projectId, versions: new Set() };
    if (found.projectId !== projectId) throw new TargetError(`The site ${site} belongs to another project.`);
    sites.set(site, found);
    return found;
  };
  return {
    async serving({ target, projectId }) {
      const site = sites.get(target.site);
      return site?.projectId === projectId ? site.live : undefined;
    },
    async has(release, version) {
      return versionOf(release) === version && siteOf(release).versions.has(version);
    },
    async prepare(release) {
      const site = siteOf(release);
      if ((await blobs.head(release.artifact.key)) === undefined)
        throw new TargetError(`There are no bytes at ${release.artifact.key}.`);
      site.versions.add(versionOf(release));
    },
    async isReady(release) {
      return siteOf(release).versions.has(versionOf(release));
    },
    async publish(release) {
      return versionOf(release);
    },
    async shift(release, { version }) {
      const site = siteOf(release);
      if (!site.versions.has(version)) throw new TargetError(`The site has no version ${version}.`);
      site.live = version;
      return { url: `https://sites.invalid/${release.target.site}/` };
    },
  };
}
