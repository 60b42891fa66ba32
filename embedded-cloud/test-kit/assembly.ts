/** Writes a cloud assembly of one template, as CDK would, so that a test can say in a few lines what it deploys. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryAssembly extends Disposable {
  /** The `cdk.out`. */
  readonly assembly: string;
  /** An empty folder for the cloud's state. */
  readonly stateDir: string;
}

/** @param templates by stack name; a stack depends on those before it */
export function writeAssembly(templates: Record<string, unknown>): TemporaryAssembly {
  const folder = mkdtempSync(join(tmpdir(), 'cloud-'));
  const assembly = join(folder, 'cdk.out');
  mkdirSync(assembly);
  const names = Object.keys(templates);
  const artifacts = names.map((stackName, index) => {
    const templateFile = `${stackName}.template.json`;
    writeFileSync(join(assembly, templateFile), JSON.stringify(templates[stackName]));
    const properties = { templateFile, stackName };
    return [stackName, { type: 'aws:cloudformation:stack', dependencies: names.slice(0, index), properties }];
  });
  writeFileSync(
    join(assembly, 'manifest.json'),
    JSON.stringify({ artifacts: Object.fromEntries(artifacts) }),
  );
  return {
    assembly,
    stateDir: join(folder, 'state'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
