/** A small CDK app that has nothing to do with the product: what the embedded cloud runs is any template. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { App, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { buildSync } from 'esbuild';

/**
 * An HTTP API with two functions of the same code: the editor may write notes and archive them, the reader may only read notes.
 * @param outdir the `cdk.out` to write
 */
export function synthesizeNotes(outdir: string): void {
  const app = new App({ outdir, analyticsReporting: false });
  const stack = new Stack(app, 'Notes');
  const table = new Table(stack, 'Table', {
    partitionKey: { name: 'name', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const bucket = new Bucket(stack, 'Archive', { enforceSSL: true, encryption: BucketEncryption.S3_MANAGED });
  const code = Code.fromAsset(bundle(join(dirname(outdir), 'code')));
  const create = (id: string) =>
    new LambdaFunction(stack, id, {
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code,
      timeout: Duration.seconds(30),
      environment: { TABLE: table.tableName, BUCKET: bucket.bucketName },
    });
  const editor = create('Editor');
  const reader = create('Reader');
  table.grantReadWriteData(editor);
  bucket.grantPut(editor);
  table.grant(reader, 'dynamodb:GetItem');
  const api = new HttpApi(stack, 'Api');
  for (const [name, lambda] of Object.entries({ editor, reader })) {
    const integration = new HttpLambdaIntegration(`${name}Integration`, lambda);
    api.addRoutes({ path: `/${name}/{name}`, methods: [HttpMethod.ANY], integration });
  }
  new CfnOutput(stack, 'api', { value: api.apiEndpoint });
  new CfnOutput(stack, 'bucket', { value: bucket.bucketName });
  app.synth();
}

function bundle(folder: string): string {
  mkdirSync(folder, { recursive: true });
  buildSync({
    entryPoints: [join(import.meta.dirname, 'notes.mjs')],
    outfile: join(folder, 'index.js'),
    bundle: true,
    platform: 'node',
    minify: true,
    mainFields: ['module', 'main'],
  });
  return folder;
}
