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
  /** A file of this job alone, for a tool that makes the image there first. */
  readonly archive: string;
  /** SOURCE_DATE_EPOCH: what the image and its files are dated, in seconds since 1970. */
  readonly epoch: string;
  /** The Dockerfile takes it as an argument, for its own commands. */
  readonly takesEpoch: boolean;
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
  /** The same tool where `probe` prints what matches `says`. */
  readonly where?: { readonly probe: CommandLine; readonly says: RegExp; readonly builder: Builder };
  /** Why two builds of the same differ; null when they do not. For the log. */
  readonly varies: string | null;
  /** Command lines in their order. */
  build(image: ImageBuild): readonly CommandLine[];
  /** Command lines in their order; `after` also when one of them failed. */
  push(push: ImagePush): { readonly steps: readonly CommandLine[]; readonly after: readonly CommandLine[] };
  /** Writes the image to one file. */
  save(localName: string, file: string): CommandLine;
  /** Forgets the name, and the image when no other name is left. Layers stay, for the next build. */
  remove(localName: string): CommandLine;
}

/** @param setsEpoch to the Dockerfile, whatever it says of it */
function optionsOf(image: ImageBuild, { setsEpoch }: { setsEpoch: boolean }): string[] {
  const { SOURCE_DATE_EPOCH: _, ...others } = image.buildArgs;
  // Docker's classic builder and buildah warn of an argument that the Dockerfile does not name.
  const buildArgs = setsEpoch || image.takesEpoch ? { ...others, SOURCE_DATE_EPOCH: image.epoch } : others;
  return [
    ...['--file', image.dockerfile, '--iidfile', image.idFile, '--tag', image.localName],
    ...(image.platform === undefined ? [] : ['--platform', image.platform]),
    ...inOrder(buildArgs).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
  ];
}

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

/** BuildKit dates the image by the argument SOURCE_DATE_EPOCH, and what COPY makes by the context's files. */
const buildxBuild = (image: ImageBuild, output: string): CommandLine => [
  ...['docker', 'buildx', 'build', '--output', output, '--progress', 'plain'],
  // Without attestations the image is one manifest, as the other tools make it (docs: "Build attestations").
  ...['--provenance=false', '--sbom=false'],
  ...optionsOf(image, { setsEpoch: true }),
  image.folder,
];

/**
 * BuildKit dates what RUN makes only while it exports to a file: it refuses `rewrite-timestamp` for an image that goes
 * straight into containerd's store (moby/buildkit#4230), and the classic store knows no such file.
 */
const buildxOnContainerd: Builder = {
  ...docker,
  name: 'docker buildx',
  env: {},
  probes: [],
  varies: null,
  build: (image) => [
    buildxBuild(image, `type=docker,dest=${image.archive},rewrite-timestamp=true`),
    ['docker', 'image', 'load', '--quiet', '--input', image.archive],
  ],
};

const buildx: Builder = {
  ...docker,
  name: 'docker buildx',
  env: {},
  probes: [['docker', 'buildx', 'version'], DAEMON],
  where: {
    probe: ['docker', 'info', '--format', '{{json .DriverStatus}}'],
    says: /io\.containerd\.snapshotter/,
    builder: buildxOnContainerd,
  },
  varies: "files of RUN, and folders that COPY adds, keep their own times in Docker's classic image store",
  build: (image) => [buildxBuild(image, 'type=docker')],
};

const classic: Builder = {
  ...docker,
  name: 'docker build',
  // BuildKit needs buildx since Docker 23; without it this is the builder that there is.
  env: { DOCKER_BUILDKIT: '0' },
  probes: [DAEMON],
  varies: 'the classic builder writes the time of the build into every image',
  build: (image) => [
    ['docker', 'build', '--force-rm', ...optionsOf(image, { setsEpoch: false }), image.folder],
  ],
};

const buildah: Builder = {
  name: 'buildah',
  env: {},
  // `info` opens the store and its namespaces, which `version` does not.
  probes: [
    ['buildah', '--version'],
    ['buildah', 'info'],
  ],
  varies: null,
  // chroot needs no container runtime, and works within a container (docs: buildah-build, "--isolation").
  // --timestamp dates the image and every file that it adds; the newer --source-date-epoch (1.41) would not go with it.
  build: (image) => [
    [
      ...['buildah', 'build', '--isolation', 'chroot', '--timestamp', image.epoch],
      ...optionsOf(image, { setsEpoch: false }),
      image.folder,
    ],
  ],
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
