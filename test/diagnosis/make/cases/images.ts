/** Container images by buildah: failing steps, missing bases, registries that refuse. */
import type { Case } from '../case.ts';
import { packageJson } from '../case.ts';

/** A base with a shell (tools.sh makes it of busybox), with the machine's programs mounted when a step needs them. */
const BASE = 'localhost/base';
const BUD = 'buildah bud --pull-never --layers=false -t localhost/api .';
const WITH_PROGRAMS =
  'buildah bud --pull-never --layers=false -v /usr:/usr:ro -v /etc/ssl:/etc/ssl:ro -v /etc/resolv.conf:/etc/resolv.conf:ro -t localhost/api .';
const image = { phase: 'image' } as const;
const push = {
  phase: 'push',
  setup: 'buildah bud --pull-never -q -t localhost/api .',
  files: { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' },
} as const;

const BUILDS: readonly Case[] = [
  {
    ...image,
    name: 'buildah-run-fails',
    label: 'build_error',
    stage: '[2/3] RUN ./configure --prefix=/opt',
    files: { Dockerfile: `FROM ${BASE}\nRUN ./configure --prefix=/opt\nCMD ["/api"]\n` },
    command: BUD,
  },
  {
    ...image,
    name: 'buildah-run-exit-1',
    label: 'build_error',
    stage: '[3/3] RUN test -f dist/index.js',
    files: { Dockerfile: `FROM ${BASE}\nRUN mkdir dist\nRUN test -f dist/index.js\n` },
    command: BUD,
  },
  {
    ...image,
    name: 'buildah-multi-stage-run-fails',
    label: 'build_error',
    stage: '[build 3/3] RUN cat missing.txt',
    files: {
      Dockerfile: `FROM ${BASE} AS build\nWORKDIR /src\nRUN cat missing.txt\n\nFROM ${BASE}\nCOPY --from=build /src /app\n`,
    },
    command: BUD,
  },
  {
    ...image,
    name: 'buildah-copy-missing',
    label: 'build_error',
    stage: '[2/2] COPY package.json ./',
    files: { Dockerfile: `FROM ${BASE}\nCOPY package.json ./\n` },
    command: BUD,
  },
  {
    ...image,
    name: 'buildah-instruction-unknown',
    label: 'build_error',
    files: { Dockerfile: `FROM ${BASE}\nRUNN make\n` },
    command: BUD,
  },
  { ...image, name: 'buildah-no-dockerfile', label: 'build_error', command: BUD },
  {
    ...image,
    name: 'buildah-npm-ci-without-lock',
    label: 'build_error',
    stage: '[4/4] RUN npm ci',
    files: {
      Dockerfile: `FROM ${BASE}\nWORKDIR /app\nCOPY package.json ./\nRUN npm ci\n`,
      'package.json': packageJson({}),
    },
    command: WITH_PROGRAMS,
  },
  {
    ...image,
    name: 'buildah-npm-unauthorized',
    label: 'auth_error',
    stage: '[4/4] RUN npm install',
    files: {
      Dockerfile: `FROM ${BASE}\nWORKDIR /app\nCOPY package.json .npmrc ./\nRUN npm install\n`,
      'package.json': packageJson({ dependencies: { '@acme/tokens': '2.1.0' } }),
      '.npmrc': '@acme:registry=http://@UNAUTHORIZED@/\n',
    },
    command: WITH_PROGRAMS,
  },
  {
    ...image,
    name: 'buildah-git-clone-fails',
    label: 'clone_error',
    stage: '[2/2] RUN git clone -q https://git.example.com/acme/ui.git /ui',
    files: { Dockerfile: `FROM ${BASE}\nRUN git clone -q http://@MISSING@/acme/ui.git /ui\n` },
    command: WITH_PROGRAMS,
  },
  {
    ...image,
    name: 'buildah-compile-error',
    label: 'build_error',
    stage: '[3/3] RUN gcc -o /api main.c',
    files: {
      Dockerfile: `FROM ${BASE}\nCOPY main.c .\nRUN gcc -o /api main.c\n`,
      'main.c': 'int main(void) { return x; }\n',
    },
    command: WITH_PROGRAMS,
  },
  {
    ...image,
    name: 'buildah-run-killed',
    label: 'resource_error',
    memoryMb: 60,
    stage: '[2/2] RUN head -c 900000000 /dev/zero | tail -c 800000000 > /dev/null',
    files: { Dockerfile: `FROM ${BASE}\nRUN head -c 900000000 /dev/zero | tail -c 800000000 > /dev/null\n` },
    command: BUD,
  },
  {
    ...image,
    name: 'buildah-heap-limit',
    label: 'resource_error',
    stage: '[3/3] RUN node --max-old-space-size=40 bundle.js',
    files: {
      Dockerfile: `FROM ${BASE}\nCOPY bundle.js .\nRUN node --max-old-space-size=40 bundle.js\n`,
      'bundle.js': 'const all = []; for (;;) all.push(new Array(1e5).fill(Math.random()));\n',
    },
    command: WITH_PROGRAMS,
  },
  {
    ...image,
    name: 'buildah-disk-full',
    label: 'resource_error',
    diskMb: 24,
    files: {
      Dockerfile: 'FROM scratch\nCOPY data /\n',
      'storage.conf':
        '[storage]\ndriver = "vfs"\ngraphroot = "/build-tree/graph"\nrunroot = "/build-tree/run"\n',
    },
    setup: 'head -c 9000000 /dev/urandom > data',
    env: { CONTAINERS_STORAGE_CONF: '/build-tree/storage.conf' },
    command: 'buildah bud -t localhost/api .',
  },
  {
    ...image,
    name: 'buildah-base-missing',
    label: 'build_error',
    stage: '[1/2] FROM odd-registry.example.com/acme/node:99',
    files: { Dockerfile: 'FROM @ODD@/acme/node:99\nRUN make\n' },
    command: 'buildah bud --tls-verify=false -t localhost/api .',
  },
  {
    ...image,
    name: 'buildah-base-unauthorized',
    label: 'auth_error',
    stage: '[1/2] FROM registry.example.com/acme/node:22',
    files: { Dockerfile: 'FROM @REGISTRY@/acme/node:22\nRUN make\n' },
    command: 'buildah bud --tls-verify=false -t localhost/api .',
  },
  {
    ...image,
    name: 'buildah-base-denied',
    label: 'auth_error',
    stage: '[1/2] FROM odd-registry.example.com/denied/node:22',
    files: { Dockerfile: 'FROM @ODD@/denied/node:22\nRUN make\n' },
    command: 'buildah bud --tls-verify=false -t localhost/api .',
  },
  {
    ...image,
    name: 'buildah-base-rate-limited',
    label: 'registry_error',
    files: { Dockerfile: 'FROM @ODD@/limited/node:22\nRUN make\n' },
    command: 'timeout 60 buildah bud --tls-verify=false --retry 0 -t localhost/api . || exit 125',
  },
  {
    ...image,
    name: 'buildah-base-refused',
    label: 'registry_error',
    stage: '[1/2] FROM down.example.com/acme/node:22',
    files: { Dockerfile: 'FROM @CLOSED@/acme/node:22\nRUN make\n' },
    command: 'buildah bud --tls-verify=false -t localhost/api .',
  },
  {
    ...image,
    name: 'buildah-base-unknown-host',
    label: 'registry_error',
    stage: '[1/2] FROM registry.acme.invalid/node:22',
    files: { Dockerfile: 'FROM registry.acme.invalid/node:22\nRUN make\n' },
    command: 'buildah bud -t localhost/api .',
  },
  {
    ...image,
    name: 'buildah-adversarial-test',
    label: 'build_error',
    adversarial: true,
    stage: '[3/3] RUN node --test a.test.mjs',
    files: {
      Dockerfile: `FROM ${BASE}\nCOPY a.test.mjs .\nRUN node --test a.test.mjs\n`,
      'a.test.mjs':
        "import test from 'node:test';\nimport assert from 'node:assert';\ntest('unauthorized: authentication required', () => assert.equal(401, 137));\ntest('no space left on device', () => assert.equal('timeout', 'denied'));\n",
    },
    command: WITH_PROGRAMS,
  },
];

const PUSH = (repository: string, more = '') =>
  `buildah push --tls-verify=false ${more} localhost/api docker://${repository}`;

const PUSHES: readonly Case[] = [
  { ...push, name: 'push-no-credentials', label: 'auth_error', command: PUSH('@REGISTRY@/acme/api:1.4.0') },
  {
    ...push,
    name: 'push-wrong-credentials',
    label: 'auth_error',
    command: PUSH('@REGISTRY@/acme/api:1.4.0', '--creds builder:wrong'),
  },
  {
    ...push,
    name: 'push-denied',
    label: 'auth_error',
    command: PUSH('@ODD@/denied/api:1.4.0', '--creds builder:right'),
  },
  {
    ...push,
    name: 'push-repository-absent',
    label: 'registry_error',
    command: PUSH('@ODD@/absent/api:1.4.0', '--creds builder:right'),
  },
  {
    ...push,
    name: 'push-tag-immutable',
    label: 'registry_error',
    command: PUSH('@ODD@/immutable/api:1.4.0', '--creds builder:right'),
  },
  {
    ...push,
    name: 'push-unavailable',
    label: 'registry_error',
    command: `timeout 100 ${PUSH('@ODD@/broken/api:1.4.0', '--creds builder:right')} || exit 125`,
  },
  { ...push, name: 'push-refused', label: 'registry_error', command: PUSH('@CLOSED@/acme/api:1.4.0') },
  {
    ...push,
    name: 'push-unknown-host',
    label: 'registry_error',
    command: 'buildah push localhost/api docker://registry.acme.invalid/api:1.4.0',
  },
  {
    ...push,
    name: 'push-invalid-name',
    label: 'registry_error',
    command: PUSH('@REGISTRY@/Acme/API:1.4.0', '--creds builder:right'),
  },
  {
    ...push,
    name: 'push-no-tls',
    label: 'registry_error',
    command: 'buildah push localhost/api docker://@REGISTRY@/acme/api:1.4.0',
  },
  {
    ...push,
    name: 'login-wrong-password',
    label: 'auth_error',
    command: 'buildah login --tls-verify=false -u builder -p wrong @REGISTRY@',
  },
  {
    ...push,
    name: 'login-refused',
    label: 'registry_error',
    command: 'buildah login --tls-verify=false -u builder -p right @CLOSED@',
  },
];

export const IMAGES: readonly Case[] = [...BUILDS, ...PUSHES];
