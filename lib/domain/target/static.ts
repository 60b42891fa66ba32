/** The deploy target `static`: the files of an archive, served as a website. */
import * as z from 'zod';

/** A folder below the root of the site: `assets/`. Ten of them, and the rest, are a value of at most 1 KB at the edge. */
const Folder = z
  .string()
  .max(48)
  .regex(
    /^([A-Za-z0-9_.-]+\/)+$/,
    "must be a folder in the archive, with a slash at its end, such as 'assets/'",
  );

const FileName = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/, 'must be a file name without folders');

/**
 * Where build tools put what has a hash of its content in its name: Vite, Astro, Next.js, Nuxt, SvelteKit, Create React
 * App.
 */
const HASHED_FOLDERS = [
  'assets/',
  '_astro/',
  '_next/static/',
  '_nuxt/',
  '_app/immutable/',
  'static/js/',
  'static/css/',
  'static/media/',
];

/** A site of the installation. */
export const StaticTarget = z.strictObject({
  kind: z.literal('static'),
  /**
   * A label is a folder of the installation's own address, `/shop-test/`; a host name is a site at its root, for which the
   * installation must have the domain.
   */
  site: z
    .string()
    .max(253)
    .regex(
      /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/,
      "must be a name in lower case, such as 'shop-test', or a host name, such as 'shop.example.com'",
    )
    .meta({ examples: ['shop-test'] }),
  /** What is served for a folder. */
  index: FileName.default('index.html'),
  /** Whether every path without a file name extension is the index of the root: its code routes. */
  spa: z.boolean().default(false),
  /** Folders of files that never change under their names, and are cached for a year. */
  immutable: z.array(Folder).max(10).default(HASHED_FOLDERS),
  /** A file that deployments write, with the variables of the environment as JSON. */
  variables_file: FileName.optional().meta({ examples: ['config.json'] }),
});
export type StaticTarget = z.infer<typeof StaticTarget>;

/**
 * Whether a file never changes: it is in one of the folders, and a part of its name is long enough to be a hash (Vite's have
 * 8 characters). The same as in lib/infrastructure/site-function.js.
 */
export function isImmutable(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path.startsWith(folder)) && /(^|[/.-])[A-Za-z0-9_-]{8,}\.[^/]+$/.test(path);
}
