/** Every emulated service, one line each. The order is that of starting; stopping goes the other way around. */
import { apigateway } from './apigateway/index.ts';
import { cloudfront, keyValueStores } from './cloudfront/index.ts';
import { cloudwatch } from './cloudwatch/index.ts';
import { codebuild } from './codebuild/index.ts';
import { dynamodb } from './dynamodb/index.ts';
import { ecr } from './ecr/index.ts';
import { events } from './events/index.ts';
import { kms } from './kms/index.ts';
import { lambda } from './lambda/index.ts';
import { logs } from './logs/index.ts';
import { processes } from './processes/index.ts';
import { s3 } from './s3/index.ts';
import { secretsmanager } from './secretsmanager/index.ts';
import type { Cloud, Service } from './service.ts';
import { ses } from './ses/index.ts';
import { sqs } from './sqs/index.ts';
import { ssm } from './ssm/index.ts';
import { stepfunctions } from './stepfunctions/index.ts';

/** Makes a service. Called once, before any resource of the template is made. */
export type ServiceFactory = (cloud: Cloud) => Service;

export const SERVICES: readonly ServiceFactory[] = [
  logs,
  cloudwatch,
  kms,
  s3,
  ecr,
  dynamodb,
  secretsmanager,
  ssm,
  ses,
  sqs,
  events,
  lambda,
  codebuild,
  processes,
  stepfunctions,
  apigateway,
  keyValueStores,
  cloudfront,
];

/** For clouds of a few services, as tests have them. */
export { limitsOfMachine } from './lambda/runtime/limits.ts';
export type { Service } from './service.ts';
export { cloudfront, ecr, keyValueStores, lambda, logs, processes, s3, secretsmanager, sqs, stepfunctions };
