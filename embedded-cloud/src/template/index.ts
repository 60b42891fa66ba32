/** A synthesized app and its deployment, for those who bring a cloud of their own. */
export { readAssembly } from './assembly.ts';
export { deployAssembly } from './deploy-assembly.ts';
