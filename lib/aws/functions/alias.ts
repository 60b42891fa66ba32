/** The alias of an environment: which version serves, and how much of the traffic another one has. */
import {
  CreateAliasCommand,
  DeleteAliasCommand,
  GetAliasCommand,
  type LambdaClient,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda';
import type { Traffic } from '../../domain/ports/targets.ts';
import { undefinedIfMissing } from '../undefined-if-missing.ts';
import type { FunctionRelease } from './code.ts';

/** The alias that traffic goes through. */
export const aliasOf = ({ environment }: Pick<FunctionRelease, 'environment'>): string =>
  `staithe-${environment}`;

const whichOf = (release: FunctionRelease) => ({
  FunctionName: release.target.function_name,
  Name: aliasOf(release),
});

/** The version with the most traffic but for what a canary has. */
export async function aliasVersion(
  client: LambdaClient,
  release: FunctionRelease,
): Promise<string | undefined> {
  return (await undefinedIfMissing(client.send(new GetAliasCommand(whichOf(release)))))?.FunctionVersion;
}

/**
 * Of an alias with two versions the one that was there stays the main one until the other has all traffic (docs: "Lambda
 * alias routing configuration"): then what is left of the old weights has to go.
 */
export async function moveAlias(
  client: LambdaClient,
  release: FunctionRelease,
  { version, previous, percent }: Traffic,
): Promise<void> {
  const isAlone = percent === 100 || previous === undefined || previous === version;
  const target = {
    ...whichOf(release),
    FunctionVersion: isAlone ? version : previous,
    RoutingConfig: { AdditionalVersionWeights: isAlone ? {} : { [version]: percent / 100 } },
  };
  const moved = await undefinedIfMissing(client.send(new UpdateAliasCommand(target)));
  if (moved === undefined) await client.send(new CreateAliasCommand(target));
}

/** One that is not there is no error. */
export async function dropAlias(client: LambdaClient, release: FunctionRelease): Promise<void> {
  await undefinedIfMissing(client.send(new DeleteAliasCommand(whichOf(release))));
}
