/** All failures that are made, by tool. */
import type { Case } from '../case.ts';
import { ADVERSARIAL } from './adversarial.ts';
import { DOCKER } from './docker.ts';
import { IMAGES } from './images.ts';
import { JAVASCRIPT } from './javascript.ts';
import { JVM_AND_BEAM } from './jvm-beam.ts';
import { NATIVE } from './native.ts';
import { PYTHON } from './python.ts';
import { SHELL_AND_GIT } from './shell-git.ts';

export const CASES: readonly Case[] = [
  ...JAVASCRIPT,
  ...PYTHON,
  ...NATIVE,
  ...JVM_AND_BEAM,
  ...SHELL_AND_GIT,
  ...IMAGES,
  ...DOCKER,
  ...ADVERSARIAL,
];
