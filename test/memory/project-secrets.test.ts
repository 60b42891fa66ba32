import { describe } from 'vitest';
import { memoryProjectSecrets } from '../../lib/memory/project-secrets.ts';
import { projectSecretsContract } from '../domain/ports/project-secrets.contract.ts';

describe("projects' secrets in memory", () => {
  const secrets = memoryProjectSecrets();
  projectSecretsContract(() => secrets);
});
