/** Functions, who calls them, and the routes that lead to them. */
import type { Resources } from './resources.ts';
import { columns, fieldsOf, target, text } from './words.ts';

export function functions(resources: Resources): string[] {
  const configs = resources.take('AWS::Lambda::EventInvokeConfig').map(([, properties]) => {
    properties.usual({ Qualifier: '$LATEST' });
    const of = target(properties.take('FunctionName'));
    const { OnFailure, ...others } = fieldsOf(properties.take('DestinationConfig'));
    const letters =
      OnFailure === undefined ? [] : [`failed events to ${target(fieldsOf(OnFailure).Destination)}`];
    const rest = [
      ...letters,
      ...(Object.keys(others).length === 0 ? [] : [text(others)]),
      ...properties.rest,
    ];
    return { of, rest };
  });
  return resources
    .take('AWS::Lambda::Function')
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, properties]) => {
      const base = name.replace(/Function$/, '');
      const role = target(properties.take('Role'));
      const logs = target(fieldsOf(properties.take('LoggingConfig')).LogGroup);
      const reserved = properties.take('ReservedConcurrentExecutions');
      const [timeout, memory] = [properties.take('Timeout'), properties.take('MemorySize')];
      const { Variables, ...otherEnvironment } = fieldsOf(properties.take('Environment'));
      const head = [
        `${memory} MB, ${timeout} s`,
        ...(reserved === undefined ? [] : [`${text(reserved)} at once`]),
        ...(role === `${base}Role` ? [] : [`role ${role}`]),
        ...(logs === `${base}Logs` ? [] : [`logs ${logs}`]),
        ...configs.filter(({ of }) => of === name).flatMap(({ rest }) => rest),
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
      properties.usual({ IntegrationType: 'AWS_PROXY', PayloadFormatVersion: '2.0' }).take('ApiId');
      return [name, [target(properties.take('IntegrationUri')), ...properties.rest].join('; ')];
    }),
  );
  const rows = resources.take('AWS::ApiGatewayV2::Route').map(([, properties]) => {
    properties.usual({ AuthorizationType: 'NONE' }).take('ApiId');
    const key = text(properties.take('RouteKey'));
    const operation = text(properties.take('OperationName') ?? '');
    const to = target(properties.take('Target')).replace('integrations/', '');
    const authorizer = properties.take('AuthorizerId');
    if (authorizer !== undefined) properties.usual({ AuthorizationType: 'CUSTOM' });
    const asks = authorizer === undefined ? [] : [`asks ${target(authorizer)}`];
    return [key, operation, [integrations.get(to) ?? to, ...asks, ...properties.rest].join('; ')];
  });
  return columns([66, 22], rows);
}
