/** Docker's two builders, where a Docker engine answers (CORPUS_DOCKER_HOST): BuildKit with plain progress, and the classic one. */
import { type Case, packageJson } from '../case.ts';

const BASE = 'corpus-base';
const HOST = process.env.CORPUS_DOCKER_HOST;

/** The end of a line of a Dockerfile's RUN that prints as a tool does, for tools that a base of busybox cannot run. */
const said = (lines: readonly string[], code: number) =>
  `${lines.map((line) => `echo "${line}"`).join('; ')}; exit ${code}`;

interface Made {
  readonly name: string;
  readonly label: Case['label'];
  readonly stage: string;
  /** The classic builder counts the steps of all stages together. */
  readonly classicStage?: string;
  readonly files: Readonly<Record<string, string>>;
  readonly memory?: string;
}

const MADE: readonly Made[] = [
  {
    name: 'run-exit-1',
    label: 'build_error',
    stage: '[3/3] RUN test -f dist/index.js',
    files: { Dockerfile: `FROM ${BASE}\nRUN mkdir dist\nRUN test -f dist/index.js\n` },
  },
  {
    name: 'multi-stage-fails',
    label: 'build_error',
    stage: '[build 3/3] RUN cat missing.txt',
    files: {
      Dockerfile: `FROM ${BASE} AS build\nWORKDIR /src\nRUN cat missing.txt\n\nFROM ${BASE}\nCOPY --from=build /src /app\n`,
    },
    classicStage: '[build 3/5] RUN cat missing.txt',
  },
  {
    name: 'program-missing',
    label: 'build_error',
    stage: '[2/2] RUN pnpm install --frozen-lockfile',
    files: { Dockerfile: `FROM ${BASE}\nRUN pnpm install --frozen-lockfile\n` },
  },
  {
    name: 'copy-missing',
    label: 'build_error',
    stage: '[2/2] COPY package.json ./',
    files: { Dockerfile: `FROM ${BASE}\nCOPY package.json ./\n` },
  },
  {
    name: 'run-killed',
    label: 'resource_error',
    stage: '[2/2] RUN head -c 900000000 /dev/zero | tail -c 800000000 > /dev/null',
    files: { Dockerfile: `FROM ${BASE}\nRUN head -c 900000000 /dev/zero | tail -c 800000000 > /dev/null\n` },
    memory: '40m',
  },
  {
    name: 'adversarial-exit-137',
    label: 'build_error',
    stage: '[3/3] RUN sh check.sh',
    files: {
      Dockerfile: `FROM ${BASE}\nCOPY check.sh .\nRUN sh check.sh\n`,
      'check.sh': said(
        [
          'not ok 1 - unauthorized: authentication required',
          'timeout 401',
          'No space left on device in test 7',
        ],
        137,
      ),
    },
  },
  {
    name: 'base-missing',
    label: 'build_error',
    stage: '[internal] load metadata for odd-registry.example.com/acme/node:99',
    files: { Dockerfile: 'FROM @ODD@/acme/node:99\nRUN make\n' },
    classicStage: '[1/2] FROM odd-registry.example.com/acme/node:99',
  },
  {
    name: 'base-unauthorized',
    label: 'auth_error',
    stage: '[internal] load metadata for registry.example.com/acme/node:22',
    files: { Dockerfile: 'FROM @REGISTRY@/acme/node:22\nRUN make\n' },
    classicStage: '[1/2] FROM registry.example.com/acme/node:22',
  },
  {
    name: 'base-refused',
    label: 'registry_error',
    stage: '[internal] load metadata for down.example.com/acme/node:22',
    files: { Dockerfile: 'FROM @CLOSED@/acme/node:22\nRUN make\n' },
    classicStage: '[1/2] FROM down.example.com/acme/node:22',
  },
];

const of = (builder: 'buildkit' | 'docker', made: Made): Case => ({
  name: `${builder}-${made.name}`,
  label: made.label,
  phase: 'image',
  files: made.files,
  stage: builder === 'docker' ? (made.classicStage ?? made.stage) : made.stage,
  ...(made.name.startsWith('adversarial') && { adversarial: true }),
  // The engine's own client has BuildKit built in; a newer one may want buildx for it.
  env: {
    DOCKER_HOST: HOST ?? '',
    DOCKER_BUILDKIT: builder === 'buildkit' ? '1' : '0',
    PATH: '/usr/bin:/bin',
  },
  command: `docker build ${builder === 'buildkit' ? '--progress=plain ' : ''}--network=host ${made.memory === undefined || builder === 'buildkit' ? '' : `--memory ${made.memory} `}--no-cache -t corpus-api .`,
});

const PUSHED = {
  phase: 'push',
  files: { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n', 'package.json': packageJson({}) },
  env: { DOCKER_HOST: HOST ?? '', DOCKER_BUILDKIT: '0' },
} as const;
const push = (repository: string) => ({
  setup: `docker build -q -t ${repository} .`,
  command: `docker push ${repository}`,
});

/** Dockerfiles that cannot be read, so no step has begun. */
const TYPOS: readonly Case[] = [
  ['instruction-unknown', `FROM ${BASE}\nRUNN make\n`],
  ['from-misspelled', `FORM ${BASE}\nRUN true\n`],
  ['flag-misspelled', `FROM ${BASE} AS build\nRUN true\nFROM ${BASE}\nCOPY --form=build /bin /app\n`],
  ['backslash-missing', `FROM ${BASE}\nRUN mkdir /a &&\n  mkdir /b\n`],
  ['copy-without-destination', `FROM ${BASE}\nCOPY package.json\n`],
  ['dockerfile-empty', '# nothing yet\n'],
].flatMap(([name = '', Dockerfile = '']) =>
  (['buildkit', 'docker'] as const).map((builder) => {
    const { stage: _, ...typo } = of(builder, {
      name,
      label: 'build_error',
      stage: '',
      files: { Dockerfile },
    });
    return typo;
  }),
);

const PUSHES: readonly Case[] = [
  {
    ...PUSHED,
    ...push('@REGISTRY@/acme/api:1.4.0'),
    name: 'docker-push-no-credentials',
    label: 'auth_error',
  },
  { ...PUSHED, ...push('@ODD@/denied/api:1.4.0'), name: 'docker-push-denied', label: 'auth_error' },
  {
    ...PUSHED,
    ...push('@ODD@/absent/api:1.4.0'),
    name: 'docker-push-repository-absent',
    label: 'registry_error',
  },
  { ...PUSHED, ...push('@CLOSED@/acme/api:1.4.0'), name: 'docker-push-refused', label: 'registry_error' },
  {
    ...PUSHED,
    name: 'docker-login-wrong-password',
    label: 'auth_error',
    command: 'echo wrong | docker login -u builder --password-stdin http://@REGISTRY@',
  },
];

export const DOCKER: readonly Case[] =
  HOST === undefined
    ? []
    : [
        // BuildKit has no limit of memory for a single build: what the kernel ends there is the engine's own concern.
        ...MADE.filter((made) => made.memory === undefined).map((made) => of('buildkit', made)),
        ...MADE.map((made) => of('docker', made)),
        ...TYPOS,
        ...PUSHES,
      ];
