/** What CloudFormation would ask for: the template's resources with every function and condition resolved. */
import { deployAssembly, readAssembly } from 'embedded-cloud/assembly';

export interface AskedFor {
  readonly type: string;
  readonly logicalId: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** In the order in which resources can be made: each after those that it names or depends on. */
export async function askedFor(assembly: string, region = 'us-east-1'): Promise<readonly AskedFor[]> {
  const account = { accountId: '123456789012', region };
  const asked: AskedFor[] = [];
  await deployAssembly(readAssembly(assembly, account).stacks, {
    account,
    parameters: {},
    call: () => Promise.resolve({}),
    provider: () => (request) => {
      asked.push(request);
      const { generatedName, type } = request;
      const arn = `arn:aws:${type.split('::')[1]?.toLowerCase()}:${region}:123456789012:${generatedName}`;
      const attributes = new Proxy(
        {},
        {
          get: () => arn,
          has: () => true,
          getOwnPropertyDescriptor: () => ({ value: arn, configurable: true, enumerable: true }),
        },
      );
      return { ref: generatedName, attributes };
    },
  });
  return asked;
}
