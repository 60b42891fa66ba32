/** git, the shell, archives, downloads, and what the machine runs out of. */
import type { Case } from '../case.ts';

const REPOSITORY =
  'git init -q --bare /build-home/ui.git && git init -q seed && cd seed && git -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m one && git push -q /build-home/ui.git HEAD:main';
const BIG_REPOSITORY =
  'git init -q /build-home/ui && cd /build-home/ui && head -c 8000000 /dev/urandom > data && git add data && git -c user.name=a -c user.email=a@example.com commit -q -m one';

const GIT: readonly Case[] = [
  {
    name: 'git-clone-path-missing',
    label: 'clone_error',
    phase: 'clone',
    command: 'git clone --depth 1 file:///build-home/no-such.git source',
  },
  {
    name: 'git-clone-not-found',
    label: 'clone_error',
    phase: 'clone',
    command: 'git clone --depth 1 http://@MISSING@/acme/ui.git source',
  },
  {
    name: 'git-clone-unauthorized',
    label: 'auth_error',
    phase: 'clone',
    command: 'git clone --depth 1 http://@UNAUTHORIZED@/acme/ui.git source',
  },
  {
    name: 'git-clone-wrong-password',
    label: 'auth_error',
    phase: 'clone',
    command: 'git clone --depth 1 http://builder:wrong@@UNAUTHORIZED@/acme/ui.git source',
  },
  {
    name: 'git-clone-forbidden',
    label: 'auth_error',
    phase: 'clone',
    command: 'git clone --depth 1 http://@FORBIDDEN@/acme/ui.git source',
  },
  {
    name: 'git-clone-unknown-host',
    label: 'clone_error',
    phase: 'clone',
    command: 'git clone --depth 1 https://git.acme.invalid/acme/ui.git source',
  },
  {
    name: 'git-clone-refused',
    label: 'clone_error',
    phase: 'clone',
    command: 'git clone --depth 1 http://@CLOSED@/acme/ui.git source',
  },
  {
    name: 'git-clone-unavailable',
    label: 'clone_error',
    phase: 'clone',
    command: 'git clone --depth 1 http://@BROKEN@/acme/ui.git source',
  },
  {
    name: 'git-clone-branch-missing',
    label: 'clone_error',
    phase: 'clone',
    setup: REPOSITORY,
    command: 'git clone --depth 1 --branch release/2.0 file:///build-home/ui.git source',
  },
  {
    name: 'git-checkout-commit-missing',
    label: 'clone_error',
    phase: 'clone',
    setup: REPOSITORY,
    command:
      'git clone -q file:///build-home/ui.git source; cd source; git checkout -q 3f786850e387550fdab836ed7e6dc881de23001b',
  },
  {
    name: 'git-fetch-commit-missing',
    label: 'clone_error',
    phase: 'clone',
    setup: REPOSITORY,
    command:
      'git init -q source; cd source; git fetch -q --depth 1 file:///build-home/ui.git 3f786850e387550fdab836ed7e6dc881de23001b',
  },
  {
    name: 'git-clone-ssh-unreachable',
    label: 'clone_error',
    phase: 'clone',
    env: { GIT_SSH_COMMAND: 'ssh -o BatchMode=yes -o ConnectTimeout=3' },
    command: 'git clone --depth 1 git@git.acme.invalid:acme/ui.git source',
  },
  {
    name: 'git-clone-disk-full',
    label: 'resource_error',
    phase: 'clone',
    diskMb: 4,
    setup: BIG_REPOSITORY,
    command: 'git clone file:///build-home/ui source',
  },
  {
    name: 'git-clone-silent',
    label: 'timeout_error',
    phase: 'clone',
    timeoutSeconds: 3,
    command: 'git clone --depth 1 http://@SILENT@/acme/ui.git source',
  },
  {
    name: 'git-submodule-missing',
    label: 'clone_error',
    setup:
      'git init -q . && git -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m one && printf \'[submodule "ui"]\\n\\tpath = ui\\n\\turl = http://@MISSING@/acme/ui.git\\n\' > .gitmodules && git update-index --add --cacheinfo 160000,3f786850e387550fdab836ed7e6dc881de23001b,ui && git submodule -q init',
    command: 'git submodule update --init',
  },
  {
    name: 'git-submodule-unauthorized',
    label: 'auth_error',
    setup:
      'git init -q . && git -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m one && printf \'[submodule "ui"]\\n\\tpath = ui\\n\\turl = http://@UNAUTHORIZED@/acme/ui.git\\n\' > .gitmodules && git update-index --add --cacheinfo 160000,3f786850e387550fdab836ed7e6dc881de23001b,ui && git submodule -q init',
    command: 'git submodule update --init',
  },
  {
    name: 'git-clone-in-command',
    label: 'clone_error',
    command: 'echo fetching the theme; git clone -q http://@MISSING@/acme/theme.git theme',
  },
  { name: 'git-not-a-repository', label: 'build_error', command: 'cd /; git describe --tags' },
  {
    name: 'git-describe-no-tags',
    label: 'build_error',
    setup: 'git init -q . && git -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m one',
    command: 'git describe --tags',
  },
  {
    name: 'git-push-unauthorized',
    label: 'auth_error',
    setup: 'git init -q . && git -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m one',
    command: 'git push -q http://@UNAUTHORIZED@/acme/ui.git HEAD:main',
  },
];

const SHELL: readonly Case[] = [
  { name: 'sh-command-missing', label: 'build_error', command: 'echo building; terraform-docs markdown .' },
  {
    name: 'sh-command-missing-in-script',
    label: 'build_error',
    files: { 'build.sh': '#!/bin/bash\nset -e\nprotoc-gen-ts --version\n' },
    command: 'bash build.sh',
  },
  {
    name: 'sh-not-executable',
    label: 'build_error',
    files: { 'build.sh': '#!/bin/sh\necho hello\n' },
    command: './build.sh',
  },
  {
    name: 'sh-interpreter-missing',
    label: 'build_error',
    files: { 'build.sh': '#!/usr/bin/zsh5\necho hello\n' },
    command: 'chmod +x build.sh; ./build.sh',
  },
  { name: 'sh-file-missing', label: 'build_error', command: 'mkdir dist; cp config/production.json dist/' },
  { name: 'sh-permission-denied', label: 'build_error', command: 'cp /proc/version /sys/version' },
  { name: 'sh-syntax-error', label: 'build_error', command: 'if [ -f a ]; then echo a' },
  { name: 'sh-test-fails', label: 'build_error', command: 'test -f dist/index.js' },
  { name: 'sh-variable-unset', label: 'build_error', command: 'set -u; echo "deploying $RELEASE_NAME"' },
  { name: 'sh-killed-itself', label: 'build_error', command: 'echo starting; kill -9 $$' },
  { name: 'sh-terminated', label: 'build_error', command: 'echo starting; kill -TERM $$' },
  { name: 'sh-timeout-command', label: 'timeout_error', command: 'timeout 1 sleep 60' },
  {
    name: 'sh-exit-124',
    label: 'build_error',
    adversarial: true,
    command: 'echo "checked 124 files"; exit 124',
  },
  {
    name: 'sh-exit-137',
    label: 'build_error',
    adversarial: true,
    command: 'echo "no memory problem here"; exit 137',
  },
  {
    name: 'sh-never-ends',
    label: 'timeout_error',
    timeoutSeconds: 2,
    command: 'echo waiting for the database; until false; do sleep 0.2; done',
  },
  {
    name: 'curl-not-found',
    label: 'build_error',
    command: 'curl -fsS http://@MISSING@/tools/protoc.zip -o protoc.zip',
  },
  {
    name: 'curl-unknown-host',
    label: 'build_error',
    command: 'curl -fsSL https://tools.acme.invalid/protoc.zip -o protoc.zip',
  },
  {
    name: 'curl-unauthorized',
    label: 'auth_error',
    command: 'curl -fsS http://@UNAUTHORIZED@/tools/protoc.zip -o protoc.zip',
  },
  {
    name: 'curl-checksum',
    label: 'build_error',
    files: { 'protoc.zip': 'not what it was\n' },
    command: `echo "${'ab'.repeat(32)}  protoc.zip" | sha256sum -c -`,
  },
  {
    name: 'tar-corrupt',
    label: 'build_error',
    files: { 'vendor.tar.gz': 'this is no archive\n' },
    command: 'tar xzf vendor.tar.gz',
  },
  { name: 'unzip-missing-archive', label: 'build_error', command: 'unzip -q vendor.zip || exit 9' },
  {
    name: 'dd-disk-full',
    label: 'resource_error',
    diskMb: 2,
    command: 'dd if=/dev/zero of=image.raw bs=1M count=64',
  },
  {
    name: 'cp-disk-full',
    label: 'resource_error',
    diskMb: 2,
    setup: 'head -c 1500000 /dev/zero > a',
    command: 'cp a b',
  },
  {
    name: 'tar-disk-full',
    label: 'resource_error',
    diskMb: 3,
    setup: 'head -c 1600000 /dev/urandom > a',
    command: 'tar cf vendor.tar a',
  },
  {
    name: 'echo-disk-full',
    label: 'resource_error',
    diskMb: 1,
    command: 'while true; do echo 0123456789012345678901234567890123456789 >> log.txt; done',
  },
  {
    name: 'tail-killed-by-kernel',
    label: 'resource_error',
    memoryMb: 30,
    command: 'echo reading; head -c 900000000 /dev/zero | tail -c 800000000 > /dev/null',
  },
  {
    name: 'sort-memory',
    label: 'resource_error',
    command:
      'ulimit -v 100000; head -c 100000000 /dev/zero | tail -c 90000000 > /dev/null; echo | awk \'BEGIN { s = "x"; for (;;) s = s s }\'',
  },
  {
    name: 'aws-credentials-missing',
    label: 'build_error',
    command: 'aws s3 cp dist s3://acme-site --recursive',
  },
];

export const SHELL_AND_GIT: readonly Case[] = [...GIT, ...SHELL];
