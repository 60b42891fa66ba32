/** The cloud around simulated state machines: services that the test wrote, and no disk, port or role. */
import type { Cloud } from '../../service.ts';
import type { SimulationOptions } from './types.ts';

export const ACCOUNT = '123456789012';
export const REGION = 'us-east-1';

export function simulatedCloud(
  { services, buildEnds }: SimulationOptions,
  own: Pick<Cloud, 'now' | 'call'>,
): Cloud {
  const names = new Set(Object.keys(services).map((key) => key.split(':')[0]));
  return {
    ...own,
    accountId: ACCOUNT,
    region: REGION,
    partition: 'aws',
    endpoint: '',
    stateDir: (service) => {
      throw new Error(`Nothing of ${service} is on disk.`);
    },
    log: () => {},
    role: (arn) => ({ kind: 'role', arn }),
    credentials: () => ({ accessKeyId: '', secretAccessKey: '', sessionToken: '' }),
    service(name) {
      if (!names.has(name)) throw new Error(`The simulation has no service ${name}.`);
      return { name, ...(buildEnds === undefined ? {} : { whenBuildEnds: buildEnds }) };
    },
    asset: () => undefined,
    port: () => Promise.reject(new Error('No port is open.')),
  };
}
