/** Versions that version managers have installed beside the one that the machine's path leads to. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface Installed {
  readonly version: string;
  /** The folder that has `bin`. */
  readonly root: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Folders whose children are versions. CodeBuild's images have `n`, pyenv, goenv, rbenv, phpenv and Corretto
 * (github.com/aws/aws-codebuild-docker-images: al, standard, `Dockerfile` and `runtimes.yml`).
 */
const FOLDERS: Readonly<Record<string, (env: Env) => (string | undefined)[]>> = {
  node: (env) => [
    within(env.NVM_DIR, 'versions/node'),
    within(env.N_PREFIX, 'n/versions/node'),
    '/usr/local/n/versions/node',
  ],
  python: (env) => [within(env.PYENV_ROOT, 'versions')],
  go: (env) => [within(env.GOENV_ROOT, 'versions')],
  ruby: (env) => [within(env.RBENV_ROOT, 'versions')],
  php: (env) => [within(env.PHPENV_ROOT, 'versions')],
  java: (env) => ['/usr/lib/jvm', within(env.SDKMAN_DIR, 'candidates/java')],
  rust: (env) => [within(env.RUSTUP_HOME, 'toolchains')],
};
/** asdf's names of what has another name here. */
const ASDF_NAMES: Readonly<Record<string, string>> = { node: 'nodejs', go: 'golang' };

const within = (folder: string | undefined, path: string): string | undefined => folder && join(folder, path);

/** In whatever order; the version as its folder's name says it, `java-21-amazon-corretto` being 21. */
export function installedVersions(name: string, env: Env): Installed[] {
  const folders = [
    ...(FOLDERS[name]?.(env) ?? []),
    within(env.ASDF_DATA_DIR, join('installs', ASDF_NAMES[name] ?? name)),
  ];
  return folders.flatMap((folder) => (folder === undefined ? [] : versionsIn(folder)));
}

function versionsIn(folder: string): Installed[] {
  try {
    return readdirSync(folder).flatMap((child) => {
      const version = /(?:^|[a-z]-?)(?:1\.(?=8\.))?(\d+(?:\.\d+)*)/i.exec(child)?.[1];
      return version === undefined ? [] : [{ version, root: join(folder, child) }];
    });
  } catch {
    return []; // no such manager here
  }
}
