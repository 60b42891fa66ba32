/** Runs a cloud of no services until it is killed: `node until-killed.ts <assembly> <state folder>`. */
import { startCloud } from '../../src/cloud.ts';

const [assembly = '', stateDir = ''] = process.argv.slice(2);
const { endpoint, operator } = await startCloud({ assembly, stateDir, services: [] });
process.send?.({ endpoint, operator });
