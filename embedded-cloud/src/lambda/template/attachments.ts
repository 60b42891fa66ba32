/** What a template attaches to functions: permissions, URLs, stream mappings, settings of asynchronous invocations. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ResourceProvider } from '../../service.ts';
import { functionArn, type Lambda, parse } from '../context.ts';
import { checkMapping, mappingSchema } from '../event-source/mapping.ts';
import type { Mappings } from '../event-source/mappings.ts';
import { parseFunctionName } from '../function-name.ts';
import type { FunctionUrls } from '../function-urls.ts';
import { permissionSchema, setStatements, statementOf } from '../operations/permissions.ts';
import { invokeConfigOf, invokeConfigSchema } from '../operations/settings.ts';
import { putUrl, urlSettings } from '../operations/urls.ts';

const permission = permissionSchema.extend({ FunctionName: z.string() });
const url = urlSettings.extend({ TargetFunctionArn: z.string(), Qualifier: z.string().optional() });
const invokeConfig = invokeConfigSchema.extend({ FunctionName: z.string(), Qualifier: z.string() });

export function attachmentResources(
  lambda: Lambda,
  urls: FunctionUrls,
  mappings: Mappings,
): Record<string, ResourceProvider> {
  return {
    'AWS::Lambda::Permission': ({ properties, generatedName }) => {
      const request = parse(permission, properties);
      const target = parseFunctionName(request.FunctionName);
      const record = lambda.store.get(target.name, request.FunctionName);
      const others = (record.policies[target.qualifier]?.statements ?? []).filter(
        ({ Sid }) => Sid !== generatedName,
      );
      const statement = statementOf(lambda, target, generatedName, request);
      setStatements(lambda, record, target.qualifier, [...others, statement]);
      return { ref: generatedName, attributes: { Id: generatedName } };
    },
    'AWS::Lambda::Url': async ({ properties }) => {
      const request = parse(url, properties);
      const target = parseFunctionName(request.TargetFunctionArn, request.Qualifier);
      const made = await putUrl(lambda, urls, target, request);
      const FunctionArn = functionArn(lambda, target);
      return { ref: FunctionArn, attributes: { FunctionArn, FunctionUrl: made.url } };
    },
    'AWS::Lambda::EventInvokeConfig': ({ properties }) => {
      const request = parse(invokeConfig, properties);
      const target = parseFunctionName(request.FunctionName);
      const record = lambda.store.get(target.name, request.FunctionName);
      const qualifier = request.Qualifier === '$LATEST' ? '' : request.Qualifier;
      const config = invokeConfigOf(lambda, record, request);
      lambda.store.save({ ...record, invokeConfigs: { ...record.invokeConfigs, [qualifier]: config } });
      return { ref: `${target.name}|${request.Qualifier}`, attributes: {} };
    },
    'AWS::Lambda::EventSourceMapping': ({ properties, generatedName }) => {
      const settings = parse(mappingSchema, properties);
      checkMapping(settings);
      const UUID = uuidOf(`${generatedName} ${settings.EventSourceArn}`);
      mappings.put({ ...settings, UUID });
      return { ref: UUID, attributes: { Id: UUID } };
    },
  };
}

/** A UUID that is the same at every start, as the places read in the stream are kept under it. */
function uuidOf(name: string): string {
  const hash = createHash('sha256').update(name).digest('hex');
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    hash.slice(12, 16),
    hash.slice(16, 20),
    hash.slice(20, 32),
  ].join('-');
}
