/** Functions, who calls them, and the routes that lead to them. */
import type { Resources } from './resources.ts';
import { columns, fieldsOf, target, text } from './words.ts';

/** What becomes of events that a function fails on, by the function. */
function failures(resources: Resources): ReadonlyMap<string, readonly string[]> {
  return new Map(
    resources.take('AWS::Lambda::EventInvokeConfig').map(([, properties]) => {
      properties.usual({ Qualifier: '$LATEST' });
      const { OnFailure, ...others } = fieldsOf(properties.take('DestinationConfig'));
      const { Destination, ...more } = fieldsOf(OnFailure);
      return [
        target(properties.take('FunctionName')),
        [
          ...(Destination === undefined ? [] : [`failed events to ${target(Destination)}`]),
          ...[others, more].filter((one) => Object.keys(one).length > 0).map(text),
          ...properties.rest,
        ],
      ];
    }),
  );
}

export function functions(resources: Resources): string[] {
  const failed = failures(resources);
  const all = resources.take('AWS::Lambda::Function');
  const names = new Set(all.map(([name]) => name));
  const foreign = [...failed].filter(([name]) => !names.has(name));
  const known = all
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, properties]) => {
      const base = name.replace(/Function$/, '');
      const role = target(properties.take('Role'));
      const { LogGroup, ...logging } = fieldsOf(properties.take('LoggingConfig'));
      const logs = target(LogGroup);
      const reserved = properties.take('ReservedConcurrentExecutions');
      const [timeout, memory] = [properties.take('Timeout'), properties.take('MemorySize')];
      const { Variables, ...otherEnvironment } = fieldsOf(properties.take('Environment'));
      const head = [
        `${memory} MB, ${timeout} s`,
        ...(reserved === undefined ? [] : [`${text(reserved)} at once`]),
        ...(role === `${base}Role` ? [] : [`role ${role}`]),
        ...(logs === `${base}Logs` ? [] : [`logs ${logs}`]),
        ...(Object.keys(logging).length === 0 ? [] : [text(logging)]),
        ...(failed.get(name) ?? []),
      ];
      properties.take('Code');
      properties.usual({ Architectures: '[arm64]', Handler: 'index.handler', Runtime: 'nodejs24.x' });
      const variables = Object.entries(fieldsOf(Variables)).map(([key, value]) => `${key} = ${text(value)}`);
      return [
        `${name}: ${head.join('; ')}`,
        ...[
          String(properties.take('Description') ?? ''),
          ...variables.toSorted(),
          ...(Object.keys(otherEnvironment).length === 0 ? [] : [text(otherEnvironment)]),
          ...properties.rest,
        ].map((line) => `  ${line}`),
      ];
    });
  return [...known, ...foreign.map(([name, rest]) => `${name}: ${rest.join('; ')}`)];
}

export function callers(resources: Resources): string[] {
  const permissions = resources.take('AWS::Lambda::Permission').map(([, properties]) => {
    properties.usual({ Action: 'lambda:InvokeFunction' });
    const whose = text(properties.take('Principal')).replace('.amazonaws.com', '');
    const source = target(properties.take('SourceArn') ?? 'whatever the source');
    const of = target(properties.take('FunctionName'));
    return { who: [whose, source, ...properties.rest].join(', '), of };
  });
  const callers = Map.groupBy(permissions, ({ who }) => who);
  return [...callers]
    .map(
      ([who, called]) =>
        `${who}: ${called
          .map(({ of }) => of)
          .toSorted()
          .join(', ')}`,
    )
    .toSorted();
}

export function routes(resources: Resources): string[] {
  const integrations = new Map(
    resources.take('AWS::ApiGatewayV2::Integration').map(([name, properties]) => {
      properties.usual({ ApiId: 'ApiHttp', IntegrationType: 'AWS_PROXY', PayloadFormatVersion: '2.0' });
      return [name, [target(properties.take('IntegrationUri')), ...properties.rest].join('; ')];
    }),
  );
  const unused = new Set(integrations.keys());
  const rows = resources.take('AWS::ApiGatewayV2::Route').map(([, properties]) => {
    properties.usual({ ApiId: 'ApiHttp', AuthorizationType: 'NONE' });
    const key = text(properties.take('RouteKey'));
    const operation = text(properties.take('OperationName') ?? '');
    const to = target(properties.take('Target')).replace('integrations/', '');
    unused.delete(to);
    const authorizer = properties.take('AuthorizerId');
    if (authorizer !== undefined) properties.usual({ AuthorizationType: 'CUSTOM' });
    const asks = authorizer === undefined ? [] : [`asks ${target(authorizer)}`];
    return [key, operation, [integrations.get(to) ?? to, ...asks, ...properties.rest].join('; ')];
  });
  const idle = [...unused].map((name) => `no route leads to ${name}: ${integrations.get(name)}`);
  return [...columns([66, 22], rows), ...idle];
}
