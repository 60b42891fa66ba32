/** Deploys the assembly to another cloud as `cdk deploy` does: assets to their bucket, then the stack. */
import { createReadStream, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { ZipFile } from 'yazl';
import * as z from 'zod';
import { sharedAssembly } from '../system/assembly.ts';
import type { MiniStack } from './ministack.ts';

const ACCOUNT = '000000000000';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/test`;
const STACK = 'Staithe';

const Assets = z.object({
  files: z.record(
    z.string(),
    z.object({
      source: z.object({ path: z.string(), packaging: z.enum(['zip', 'file']) }),
      destinations: z.record(z.string(), z.object({ bucketName: z.string(), objectKey: z.string() })),
    }),
  ),
});
const Template = z.looseObject({
  Resources: z.record(
    z.string(),
    z.looseObject({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }),
  ),
});

/** @param files by their names in the archive */
function zip(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const archive = new ZipFile();
  for (const [name, content] of Object.entries(files)) archive.addBuffer(Buffer.from(content), name);
  archive.end();
  return buffer(archive.outputStream);
}

/** It knows functions as `.js` and `.mjs`; AWS's runtime also has `.cjs` ("Lambda function handler in Node.js"). */
const zipped = (folder: string) =>
  zip(
    Object.fromEntries(
      globSync('**', { cwd: folder, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => [
          join(entry.parentPath, entry.name)
            .slice(folder.length + 1)
            .replace(/^index\.cjs$/, 'index.js'),
          readFileSync(join(entry.parentPath, entry.name)),
        ]),
    ),
  );

async function uploadAssets({ sdk }: MiniStack, assembly: string): Promise<void> {
  const s3 = new S3Client(sdk);
  const { files } = Assets.parse(JSON.parse(readFileSync(join(assembly, 'Staithe.assets.json'), 'utf8')));
  const filled = (text: string) =>
    text.replaceAll(/\$\{AWS::AccountId\}/g, ACCOUNT).replaceAll(/\$\{AWS::Region\}/g, sdk.region);
  const made = new Set<string>();
  for (const { source, destinations } of Object.values(files))
    for (const { bucketName, objectKey } of Object.values(destinations)) {
      const bucket = filled(bucketName);
      if (!made.has(bucket)) await s3.send(new CreateBucketCommand({ Bucket: bucket }));
      made.add(bucket);
      const path = join(assembly, source.path);
      const body = source.packaging === 'zip' ? await zipped(path) : await buffer(createReadStream(path));
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: filled(objectKey), Body: body }));
    }
  await new SSMClient(sdk).send(
    new PutParameterCommand({ Name: '/cdk-bootstrap/hnb659fds/version', Value: '21', Type: 'String' }),
  );
}

/** Stands where CodeBuild would: a function that runs the agent with what a build would give it. */
const MACHINE = 'machine';
async function makeMachine({ sdk }: MiniStack, agent: string, apiUrl: () => string): Promise<void> {
  const code = `
const { spawn } = require('node:child_process');
exports.handler = ({ EnvironmentVariablesOverride: variables }) => new Promise((resolve, reject) => {
  const own = Object.fromEntries(variables.map(({ Name, Value }) => [Name, Value]));
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, STAITHE_API_URL: ${JSON.stringify(apiUrl())}, ...own };
  const child = spawn(process.execPath, [${JSON.stringify(agent)}], { env, stdio: ['ignore', 'inherit', 'inherit'] });
  child.on('exit', (code) => code === 0 ? resolve({}) : reject(new Error('The agent ended with ' + code)));
});`;
  await new LambdaClient(sdk).send(
    new CreateFunctionCommand({
      FunctionName: MACHINE,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: ROLE,
      Timeout: 600,
      Code: { ZipFile: await zip({ 'index.js': code }) },
    }),
  );
}

const Task = z.looseObject({
  Resource: z.string(),
  Arguments: z.unknown(),
  Retry: z.array(z.looseObject({ ErrorEquals: z.array(z.string()) })).default([]),
});

/** Where CodeBuild would run a job, the machine's function does; what our own errors forbid to try again is not tried. */
function stateForMiniStack(state: z.infer<typeof Task>): unknown {
  const { Resource: resource, Arguments: given, Retry: retries, ...rest } = state;
  if (resource === 'arn:aws:states:::codebuild:startBuild.sync')
    return {
      ...state,
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: MACHINE, Payload: given },
    };
  // An error has one name there, whatever the function has thrown.
  if (retries.some(({ ErrorEquals: names }) => names.includes('TargetError')))
    return { ...rest, Resource: resource, Arguments: given };
  return state;
}

/** The template as it is, but for what MiniStack has not: CodeBuild's machines, names of errors, alarms of metric math. */
function forMiniStack(text: string): string {
  const template = Template.parse(JSON.parse(text));
  for (const [id, { Type: type, Properties: properties }] of Object.entries(template.Resources)) {
    if (type === 'AWS::CloudWatch::Alarm' && 'Metrics' in properties) delete template.Resources[id];
    if (type !== 'AWS::StepFunctions::StateMachine') continue;
    const definition = JSON.parse(z.string().parse(properties.DefinitionString), (_, value: unknown) => {
      const state = Task.safeParse(value).data;
      return state === undefined ? value : stateForMiniStack(state);
    });
    properties.DefinitionString = JSON.stringify(definition);
  }
  return JSON.stringify(template);
}

/** CloudFormation's Query API. @returns the XML of the answer */
async function cloudFormation(
  { url }: MiniStack,
  action: string,
  fields: Record<string, string>,
): Promise<string> {
  const answer = await fetch(url, {
    method: 'POST',
    // The emulator reads the service from the scope, and takes any signature.
    headers: {
      authorization:
        'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/cloudformation/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: new URLSearchParams({ Action: action, Version: '2010-05-15', StackName: STACK, ...fields }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${action}: ${answer.status} ${text}`);
  return text;
}

export interface Deployed {
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** @param parameters of the stack */
export async function deploy(
  ministack: MiniStack,
  parameters: Readonly<Record<string, string>> = {},
): Promise<Deployed> {
  const assembly = await sharedAssembly();
  await uploadAssets(ministack, assembly);
  const key = 'template.json';
  const bucket = `cdk-hnb659fds-assets-${ACCOUNT}-${ministack.sdk.region}`;
  const template = forMiniStack(readFileSync(join(assembly, 'Staithe.template.json'), 'utf8'));
  await new S3Client(ministack.sdk).send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: template }));
  const given = Object.entries(parameters).flatMap(([name, value], index) => [
    [`Parameters.member.${index + 1}.ParameterKey`, name],
    [`Parameters.member.${index + 1}.ParameterValue`, value],
  ]);
  await cloudFormation(ministack, 'CreateStack', {
    TemplateURL: `${ministack.url}/${bucket}/${key}`,
    'Capabilities.member.1': 'CAPABILITY_IAM',
    ...Object.fromEntries(given),
  });
  const ended = await until(
    () => cloudFormation(ministack, 'DescribeStacks', {}),
    (xml) => !/<StackStatus>\w+_IN_PROGRESS</.test(xml),
  );
  const outputs = [...ended.matchAll(/<OutputKey>(.*?)<\/OutputKey>\s*<OutputValue>(.*?)<\/OutputValue>/g)];
  return {
    status: /<StackStatus>(\w+)</.exec(ended)?.[1] ?? ended,
    outputs: Object.fromEntries(outputs.map(([, name, value]) => [name, value])),
  };
}

/** Makes the function that stands for CodeBuild. @param apiUrl where agents find the API */
export async function provideMachine(ministack: MiniStack, apiUrl: string): Promise<void> {
  const assembly = await sharedAssembly();
  const [agent] = globSync('asset.*/agent.cjs', { cwd: assembly });
  if (agent === undefined) throw new Error('The assembly has no agent.');
  await makeMachine(ministack, join(assembly, agent), () => apiUrl);
}
