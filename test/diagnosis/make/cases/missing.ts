/** What is asked for in the wrong way: users, environments, modules, files and instructions that are not there. */
import { type Case, packageJson } from '../case.ts';

const GO_MOD = (more = '') => `module example.com/api\n\ngo 1.21\n${more}`;
const main = (path: string) => `package main\n\nimport _ "${path}"\n\nfunc main() {}\n`;
const image = { phase: 'image', label: 'build_error' } as const;
const BUD = 'buildah bud --pull-never --layers=false -t localhost/api .';
const SSH = 'ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes';

export const MISSING: readonly Case[] = [
  {
    name: 'ssh-no-user-entry',
    label: 'build_error',
    command:
      'setpriv --reuid 4711 --regid 4711 --clear-groups git clone git@git.example.com:acme/ui.git /tmp/never-there',
  },
  {
    name: 'git-ssh-without-user',
    label: 'auth_error',
    phase: 'clone',
    env: { GIT_SSH_COMMAND: SSH },
    command: 'git clone ssh://@SSH@/acme/ui.git',
  },
  {
    name: 'git-ssh-key-unknown',
    label: 'auth_error',
    phase: 'clone',
    env: { GIT_SSH_COMMAND: SSH },
    command: 'git clone ssh://git@@SSH@/acme/ui.git',
  },
  {
    name: 'npm-git-ssh-without-key',
    label: 'auth_error',
    env: { GIT_SSH_COMMAND: SSH },
    files: { 'package.json': packageJson({ dependencies: { ui: 'git+ssh://git@@SSH@/acme/ui.git' } }) },
    command: 'npm install',
  },
  {
    name: 'git-ssh-host-key-unknown',
    label: 'auth_error',
    phase: 'clone',
    env: { GIT_SSH_COMMAND: 'ssh -o BatchMode=yes' },
    command: 'git clone ssh://git@@SSH@/acme/ui.git',
  },
  {
    name: 'pip-index-wrong-password',
    label: 'auth_error',
    setup: 'python3 -m venv .venv',
    command:
      '.venv/bin/pip install --no-input --retries 0 --index-url http://builder:wrong@@UNAUTHORIZED@/simple acme-tokens',
  },
  {
    name: 'pip-download-unauthorized',
    label: 'auth_error',
    setup: 'python3 -m venv .venv',
    command:
      '.venv/bin/pip install --no-input --retries 0 http://@UNAUTHORIZED@/acme_tokens-1.0.0-py3-none-any.whl',
  },
  {
    name: 'pip-externally-managed-requirements',
    label: 'build_error',
    files: { 'requirements.txt': 'six==1.16.0\n' },
    command: '/usr/bin/python3 -m pip install -r requirements.txt',
  },
  {
    name: 'go-import-path-misspelled',
    label: 'build_error',
    files: {
      'go.mod': GO_MOD(),
      'main.go': main('example.com/api/intrenal/cart'),
      'internal/cart/cart.go': 'package cart\n',
    },
    command: 'go build ./...',
  },
  {
    name: 'go-replacement-missing',
    label: 'build_error',
    files: {
      'go.mod': GO_MOD('\nrequire example.com/ui v1.0.0\n\nreplace example.com/ui => ../ui\n'),
      'main.go': main('example.com/ui'),
    },
    command: 'go build ./...',
  },
  {
    name: 'go-vendor-inconsistent',
    label: 'build_error',
    files: {
      'go.mod': GO_MOD('\nrequire github.com/google/uuid v1.6.0\n'),
      'main.go': main('github.com/google/uuid'),
      'vendor/modules.txt': '# github.com/google/uuid v1.5.0\n',
    },
    command: 'go build ./...',
  },
  {
    name: 'npm-ci-lock-in-parent',
    label: 'build_error',
    files: {
      'web/package.json': packageJson({ dependencies: { 'is-number': '7.0.0' } }),
      'package-lock.json': '{}\n',
    },
    command: 'cd web && npm ci',
  },
  {
    name: 'npm-ci-lock-broken',
    label: 'build_error',
    files: { 'package.json': packageJson({}), 'package-lock.json': '<<<<<<< HEAD\n{}\n' },
    command: 'npm ci',
  },
  {
    name: 'erlc-module-name-differs',
    label: 'build_error',
    files: { 'api.erl': '-module(cart).\n-export([run/0]).\nrun() -> ok.\n' },
    command: 'erlc api.erl',
  },
  {
    name: 'erlc-file-missing',
    label: 'build_error',
    command: 'erlc src/api.erl',
  },
  {
    ...image,
    name: 'buildah-flag-misspelled',
    files: {
      Dockerfile:
        'FROM localhost/base AS build\nRUN true\nFROM localhost/base\nCOPY --form=build /bin /app\n',
    },
    command: BUD,
  },
  {
    ...image,
    name: 'buildah-stage-misspelled',
    stage: '[2/2] COPY --from=biuld /bin /app',
    files: {
      Dockerfile:
        'FROM localhost/base AS build\nRUN true\nFROM localhost/base\nCOPY --from=biuld /bin /app\n',
    },
    command: BUD,
  },
  {
    ...image,
    name: 'buildah-from-misspelled',
    files: { Dockerfile: 'FORM localhost/base\nRUN true\n' },
    command: BUD,
  },
  {
    ...image,
    name: 'buildah-backslash-missing',
    files: { Dockerfile: 'FROM localhost/base\nRUN mkdir /a &&\n  mkdir /b\n' },
    command: BUD,
  },
  {
    ...image,
    name: 'buildah-env-without-value',
    files: { Dockerfile: 'FROM localhost/base\nENV PORT\n' },
    command: BUD,
  },
  { ...image, name: 'buildah-dockerfile-empty', files: { Dockerfile: '# nothing yet\n' }, command: BUD },
  {
    name: 'npm-test-never-ends',
    label: 'timeout_error',
    timeoutSeconds: 4,
    files: {
      'package.json': packageJson({ scripts: { test: 'node wait.cjs' } }),
      'wait.cjs': "console.log('waiting for the database'); setInterval(() => {}, 1000);\n",
    },
    command: 'npm test',
  },
  {
    name: 'go-test-never-ends',
    label: 'timeout_error',
    timeoutSeconds: 8,
    files: {
      'go.mod': GO_MOD(),
      'cart_test.go':
        'package main\n\nimport "testing"\n\nfunc TestAnswers(t *testing.T) {\n\tselect {}\n}\n',
    },
    command: 'go test ./...',
  },
  {
    name: 'sh-timeout-command-kills',
    label: 'timeout_error',
    command: 'echo waiting for the database; timeout 1 tail -f /dev/null',
  },
];
