/**
 * The deploy target `static` on S3 and CloudFront (adapter.ts), made when the first site is deployed: its clients take 50 ms of
 * processor time to load, which every cold start of a deployment to a function would pay for.
 */
import * as z from 'zod';
import type { TargetAdapter } from '../../domain/ports/targets.ts';
import type { StaticTarget } from '../../domain/target/static.ts';
import { setting } from '../settings.ts';

type SiteAdapter = Required<Omit<TargetAdapter<StaticTarget>, 'fault' | 'drop' | 'dropCandidate'>>;

export function cloudFrontSites(
  artifacts: string = setting('STAITHE_BUCKET'),
  bucket: string = setting('STAITHE_SITES_BUCKET'),
  store: string = setting('STAITHE_SITES_STORE'),
  url: string = setting('STAITHE_SITES_URL'),
  domains: string = setting('STAITHE_SITE_DOMAINS'),
): SiteAdapter {
  let made: Promise<SiteAdapter> | undefined;
  const make = async (): Promise<SiteAdapter> => {
    const [{ siteAdapter }, { Edge }, { keyValueClient }, { LiveVersions }] = await Promise.all([
      import('./adapter.ts'),
      import('./edge.ts'),
      import('./key-value-client.ts'),
      import('./live.ts'),
    ]);
    const live = new LiveVersions(keyValueClient(), store);
    const names = z.array(z.string()).parse(JSON.parse(domains));
    return siteAdapter(artifacts, bucket, live, new Edge(url), names);
  };
  const adapter = (): Promise<SiteAdapter> => {
    made ??= make();
    return made;
  };
  return {
    serving: async (release) => (await adapter()).serving(release),
    has: async (release, version) => (await adapter()).has(release, version),
    prepare: async (release) => (await adapter()).prepare(release),
    isReady: async (release) => (await adapter()).isReady(release),
    publish: async (release) => (await adapter()).publish(release),
    ask: async (release, version, question) => (await adapter()).ask(release, version, question),
    candidateUrl: async (release, version) => (await adapter()).candidateUrl(release, version),
    shift: async (release, traffic) => (await adapter()).shift(release, traffic),
  };
}
