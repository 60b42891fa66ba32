/** What the operator has decided of the installation, from the settings of its functions. */
import type { Installation } from '../domain/ports/index.ts';
import { setting } from './settings.ts';

/** @throws Error at cold start when a setting is missing or wrong */
export function installation(): Installation {
  return {
    reuse: setting('STAITHE_BUILD_REUSE') === 'on',
    forkImages: setting('STAITHE_FORK_IMAGE_BUILDS') === 'allow',
  };
}
