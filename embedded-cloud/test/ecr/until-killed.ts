/** Runs a cloud with a registry until it is killed: `node until-killed.ts <assembly> <state folder>`. */
import { startCloud } from '../../src/cloud.ts';
import { ecr } from '../../src/ecr/index.ts';

const [assembly = '', stateDir = ''] = process.argv.slice(2);
const { endpoint, operator } = await startCloud({ assembly, stateDir, services: [ecr], log: () => {} });
process.send?.({ endpoint, operator });
