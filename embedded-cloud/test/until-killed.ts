/** Runs a cloud of one service until it is killed: `node until-killed.ts <ecr|sqs> <assembly> <state folder>`. */
import { startCloud } from '../src/cloud.ts';
import { ecr, sqs } from '../src/services.ts';

const [service, assembly = '', stateDir = ''] = process.argv.slice(2);
const services = [service === 'ecr' ? ecr : sqs];
const { endpoint, operator } = await startCloud({ assembly, stateDir, services, log: () => {} });
process.send?.({ endpoint, operator });
