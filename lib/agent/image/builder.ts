/** The tools that build container images, each as the command lines that it takes. */
import { join } from 'node:path';
import { inOrder } from '../../domain/matrix.ts';

/** What is built, and what the tool calls it on this machine. */
export interface ImageBuild {
  /** The context: an absolute path. */
  readonly folder: string;
  /** An absolute path. */
  readonly dockerfile: string;
  readonly buildArgs: Readonly<Record<string, string>>;
  /** `linux/arm64`; undefined for the machine's own. */
  readonly platform: string | undefined;
  /** A name of this job alone: other jobs may share the tool's store. */
  readonly localName: string;
  /** Where the tool writes the image's id. */
  readonly idFile: string;
}

export interface ImagePush {
  readonly localName: string;
  /** `host/repository:tag`. */
  readonly ref: string;
  /** The folder of a credential (login.ts). */
  readonly login: string;
  /** The registry speaks plain HTTP. */
  readonly insecure: boolean;
}

/** A program and its arguments. */
type CommandLine = readonly string[];

export interface Builder {
  /** As users know it. */
  readonly name: string;
  /** What it needs of the environment, beside what every command has. */
  readonly env: Readonly<Record<string, string>>;
  /** All succeed where the tool works; the first prints its version. */
  readonly probes: readonly CommandLine[];
  build(image: ImageBuild): CommandLine;
  /** Command lines in their order; `after` also when one of them failed. */
  push(push: ImagePush): { readonly steps: readonly CommandLine[]; readonly after: readonly CommandLine[] };
  /** Writes the image to one file. */
  save(localName: string, file: string): CommandLine;
  /** Forgets the name, and the image when no other name is left. Layers stay, for the next build. */
  remove(localName: string): CommandLine;
}

const optionsOf = (image: ImageBuild): string[] => [
  ...['--file', image.dockerfile, '--iidfile', image.idFile, '--tag', image.localName],
  ...(image.platform === undefined ? [] : ['--platform', image.platform]),
  ...inOrder(image.buildArgs).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
];

/** What both of Docker's builders do alike: its daemon keeps the image. */
const docker: Pick<Builder, 'push' | 'save' | 'remove'> = {
  // Plain HTTP needs no option: Docker allows it on 127.0.0.0/8 (docs: dockerd, "Insecure registries").
  push: ({ localName, ref, login }) => ({
    steps: [
      ['docker', 'image', 'tag', localName, ref],
      ['docker', '--config', login, 'image', 'push', ref],
    ],
    after: [['docker', 'image', 'rm', '--no-prune', ref]],
  }),
  save: (localName, file) => ['docker', 'image', 'save', '--output', file, localName],
  remove: (localName) => ['docker', 'image', 'rm', '--no-prune', localName],
};

/** Succeeds only when the daemon answers. */
const DAEMON: CommandLine = ['docker', 'version', '--format', 'Docker {{.Server.Version}}'];

const buildx: Builder = {
  ...docker,
  name: 'docker buildx',
  env: {},
  probes: [['docker', 'buildx', 'version'], DAEMON],
  // Without attestations the image is one manifest, as the other tools make it (docs: "Build attestations").
  build: (image) => [
    ...['docker', 'buildx', 'build', '--load', '--progress', 'plain', '--provenance=false', '--sbom=false'],
    ...optionsOf(image),
    image.folder,
  ],
};

const classic: Builder = {
  ...docker,
  name: 'docker build',
  // BuildKit needs buildx since Docker 23; without it this is the builder that there is.
  env: { DOCKER_BUILDKIT: '0' },
  probes: [DAEMON],
  build: (image) => ['docker', 'build', '--force-rm', ...optionsOf(image), image.folder],
};

const buildah: Builder = {
  name: 'buildah',
  env: {},
  // `info` opens the store and its namespaces, which `version` does not.
  probes: [
    ['buildah', '--version'],
    ['buildah', 'info'],
  ],
  // chroot needs no container runtime, and works within a container (docs: buildah-build, "--isolation").
  build: (image) => ['buildah', 'build', '--isolation', 'chroot', ...optionsOf(image), image.folder],
  push: ({ localName, ref, login, insecure }) => ({
    steps: [
      [
        ...['buildah', 'push', '--authfile', join(login, 'config.json')],
        ...(insecure ? ['--tls-verify=false'] : []),
        ...[localName, `docker://${ref}`],
      ],
    ],
    after: [],
  }),
  save: (localName, file) => ['buildah', 'push', localName, `oci-archive:${file}:${localName}`],
  remove: (localName) => ['buildah', 'rmi', localName],
};

/** In the order in which they are looked for: BuildKit builds stages side by side and is what AWS's machines have. */
export const BUILDERS: readonly Builder[] = [buildx, classic, buildah];
