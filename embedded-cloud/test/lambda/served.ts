/** Functions behind an HTTP API, for templates of tests. */
import { arn, inline } from '../../test-kit/running.ts';

export const api = (part: string, Properties: Record<string, unknown>) => ({
  Type: `AWS::ApiGatewayV2::${part}`,
  Properties: { ...(part !== 'Api' && { ApiId: { Ref: 'Api' } }), ...Properties },
});

/** A function at `GET /<name>`. */
export const served = (name: string, code: string, properties: Record<string, unknown> = {}) => ({
  [name]: inline(code, { FunctionName: name, ...properties }),
  [`To${name}`]: api('Integration', {
    IntegrationType: 'AWS_PROXY',
    IntegrationUri: arn(name),
    PayloadFormatVersion: '2.0',
  }),
  [`At${name}`]: api('Route', {
    RouteKey: `GET /${name}`,
    Target: { 'Fn::Join': ['/', ['integrations', { Ref: `To${name}` }]] },
  }),
  [`May${name}`]: {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      Action: 'lambda:InvokeFunction',
      FunctionName: arn(name),
      Principal: 'apigateway.amazonaws.com',
    },
  },
});
