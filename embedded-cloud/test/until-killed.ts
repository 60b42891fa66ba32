/** Runs a cloud of one service, with those that it needs, until it is killed: `node until-killed.ts <ecr|sqs|processes> <assembly> <state folder>`. */
import { startCloud } from '../src/cloud.ts';
import { ecr, logs, processes, s3, sqs } from '../src/services.ts';

const [service, assembly = '', stateDir = ''] = process.argv.slice(2);
const others = service === 'processes' ? [logs, s3, processes] : [sqs];
const services = service === 'ecr' ? [ecr] : others;
const { endpoint, operator } = await startCloud({ assembly, stateDir, services, log: () => {} });
process.send?.({ endpoint, operator });
