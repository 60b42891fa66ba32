/** DeleteFunction: of a whole function, or of one version. */
import type { Call } from '../../service.ts';
import { conflict, invalidParameter, type Lambda, load, parse, targetSchema } from '../context.ts';
import { parseFunctionName } from '../function-name.ts';
import type { FunctionUrls } from '../function-urls.ts';
import { resolveVersion } from '../resolve.ts';

/** @param urls those of a function go with it */
export async function deleteFunction(
  lambda: Lambda,
  urls: FunctionUrls,
  input: unknown,
  call: Call,
): Promise<unknown> {
  const request = parse(targetSchema, input);
  const target = parseFunctionName(request.FunctionName, request.Qualifier);
  const record = load(lambda, call, 'DeleteFunction', target);
  if (!target.qualifier) {
    lambda.store.delete(record.name);
    lambda.fleet.retire(record.name);
    await urls.closeOf(record.name);
    return { StatusCode: 204 };
  }
  const version = resolveVersion(lambda, record, target.qualifier).version;
  if (version === '$LATEST')
    throw invalidParameter('$LATEST version cannot be deleted without deleting the function.');
  const user = Object.entries(record.aliases).find(
    ([, alias]) => alias.version === version || version in alias.weights,
  );
  if (user)
    throw conflict(`Unable to delete version because the following aliases reference it: [${user[0]}]`);
  lambda.store.save({ ...record, versions: record.versions.filter((one) => one.version !== version) });
  lambda.fleet.retire(record.name, version);
  return { StatusCode: 204 };
}
