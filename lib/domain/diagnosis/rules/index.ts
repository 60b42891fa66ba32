/** All that is known of what tools print when they fail. */
import { C_TOOLS } from './c.ts';
import { CARGO } from './cargo.ts';
import { GIT } from './git.ts';
import { GO } from './go.ts';
import { IMAGES } from './images.ts';
import { JAVASCRIPT } from './javascript.ts';
import { JVM_AND_BEAM } from './jvm-beam.ts';
import { PYTHON } from './python.ts';
import type { Tool } from './rule.ts';
import { SYSTEM } from './system.ts';
import { TESTS } from './tests.ts';

export const TOOLS: readonly Tool[] = [
  GIT,
  ...JAVASCRIPT,
  ...PYTHON,
  CARGO,
  GO,
  ...C_TOOLS,
  ...JVM_AND_BEAM,
  ...IMAGES,
  ...SYSTEM,
  ...TESTS,
];
