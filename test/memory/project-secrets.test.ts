import { describe } from 'vitest';
import { projectSecretsContract } from '../domain/ports/project-secrets.contract.ts';
import { memoryProjectSecrets } from './project-secrets.ts';

describe("projects' secrets in memory", () => {
  const secrets = memoryProjectSecrets();
  projectSecretsContract(() => secrets);
});
