/** All failures that are made, by tool. */
import type { Case } from '../case.ts';
import { ADVERSARIAL } from './adversarial.ts';
import { C } from './c.ts';
import { DOCKER } from './docker.ts';
import { GO } from './go.ts';
import { IMAGES } from './images.ts';
import { JAVASCRIPT } from './javascript.ts';
import { JVM_AND_BEAM } from './jvm-beam.ts';
import { LATE_WARNINGS } from './late/index.ts';
import { MISSING } from './missing.ts';
import { PACKAGES } from './packages.ts';
import { PYTHON } from './python.ts';
import { RUST } from './rust.ts';
import { SHELL_AND_GIT } from './shell-git.ts';
import { TLS } from './tls.ts';

export const CASES: readonly Case[] = [
  ...PACKAGES,
  ...JAVASCRIPT,
  ...PYTHON,
  ...RUST,
  ...GO,
  ...C,
  ...JVM_AND_BEAM,
  ...SHELL_AND_GIT,
  ...IMAGES,
  ...DOCKER,
  ...ADVERSARIAL,
  ...TLS,
  ...MISSING,
  ...LATE_WARNINGS,
];
