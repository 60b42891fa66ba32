import { expect, it } from 'vitest';
import * as z from 'zod';
import { infrastructure } from './template.ts';

const Report = z.object({
  pluginReports: z.array(
    z.looseObject({
      pluginName: z.string(),
      conclusion: z.string(),
      violations: z.array(z.unknown()),
      suppressedViolations: z.array(
        z.object({ ruleName: z.string(), reason: z.string(), violatingConstructs: z.array(z.unknown()) }),
      ),
    }),
  ),
});

it('cdk-nag finds nothing but what is acknowledged, rule by rule, with a reason', async () => {
  const { read, of } = await infrastructure();
  const report = Report.parse(JSON.parse(read('validation-report.json')));
  const [nag] = report.pluginReports.filter(({ pluginName }) => pluginName === 'AwsSolutions');
  expect(nag).toMatchObject({ conclusion: 'success', violations: [] });

  const acknowledged = nag?.suppressedViolations ?? [];
  const rules = new Set(acknowledged.map(({ ruleName }) => ruleName.replace(/\[.*$/, '')));
  expect([...rules].sort()).toEqual([
    'AwsSolutions-APIG4',
    'AwsSolutions-CFR1',
    'AwsSolutions-CFR2',
    'AwsSolutions-CFR3',
    'AwsSolutions-CFR4',
    'AwsSolutions-IAM5',
    'AwsSolutions-S1',
    'AwsSolutions-SMG4',
    'AwsSolutions-SQS3',
  ]);
  expect(new Set(acknowledged.map(({ reason }) => reason)).size).toBeLessThanOrEqual(12);
  const open = of('AWS::ApiGatewayV2::Route').filter(
    ([, { Properties }]) => Properties.AuthorizationType === 'NONE',
  );
  const unguarded = acknowledged.filter(({ ruleName }) => ruleName === 'AwsSolutions-APIG4');
  expect(unguarded.flatMap(({ violatingConstructs }) => violatingConstructs)).toHaveLength(open.length);
});
