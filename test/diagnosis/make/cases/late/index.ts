/** Failures whose last lines are warnings, at least ten a toolchain. */
import type { Case } from '../../case.ts';
import { BEAM_LATE } from './beam.ts';
import { C_LATE } from './c.ts';
import { GO_LATE } from './go.ts';
import { JAVASCRIPT_LATE } from './javascript.ts';
import { JVM_LATE } from './jvm.ts';
import { PYTHON_LATE } from './python.ts';
import { RUST_LATE } from './rust.ts';
import { SHELL_LATE } from './shell.ts';

export const LATE_WARNINGS: readonly Case[] = [
  ...JAVASCRIPT_LATE,
  ...PYTHON_LATE,
  ...GO_LATE,
  ...RUST_LATE,
  ...JVM_LATE,
  ...C_LATE,
  ...BEAM_LATE,
  ...SHELL_LATE,
];
