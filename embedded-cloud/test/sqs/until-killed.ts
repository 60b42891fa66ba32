/** Runs a cloud with queues until it is killed: `node until-killed.ts <assembly> <state folder>`. */
import { startCloud } from '../../src/cloud.ts';
import { sqs } from '../../src/sqs/index.ts';

const [assembly = '', stateDir = ''] = process.argv.slice(2);
const { endpoint, operator } = await startCloud({ assembly, stateDir, services: [sqs], log: () => {} });
process.send?.({ endpoint, operator });
