/** The cloud assembly that the system tests run: synthesized once for a vitest run, by whoever needs it first. */

import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { freshAssembly } from '../../lib/start/assembly.ts';
import { oncePerRun } from '../once.ts';

export const ROOT = join(import.meta.dirname, '..', '..');

/** @returns the folder of the assembly that `npm run synth` makes of the present sources */
export const sharedAssembly = (): Promise<string> =>
  oncePerRun('shared', async (folder) => (await freshAssembly(ROOT, folder)).assembly);

export interface Template {
  Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
}

/** A copy of the shared assembly with a template that is changed. */
export async function ownAssembly(options: { change: (template: Template) => void }): Promise<string> {
  const folder = mkdtempSync(join(inject('runFolder'), 'own-'));
  const assembly = join(folder, 'assembly');
  cpSync(await sharedAssembly(), assembly, { recursive: true });
  const file = join(assembly, 'Staithe.template.json');
  const template: Template = JSON.parse(readFileSync(file, 'utf8'));
  options.change(template);
  writeFileSync(file, JSON.stringify(template));
  return assembly;
}
