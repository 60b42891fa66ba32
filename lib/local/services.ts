/** Every emulated service, one line each. The order is that of starting; stopping goes the other way around. */
import { cloudwatch } from './cloudwatch/index.ts';
import { dynamodb } from './dynamodb/index.ts';
import { events } from './events/index.ts';
import { lambda } from './lambda/index.ts';
import { logs } from './logs/index.ts';
import { s3 } from './s3/index.ts';
import type { Cloud, Service } from './service.ts';
import { stepfunctions } from './stepfunctions/index.ts';

/** Makes a service. Called once, before any resource of the template is made. */
export type ServiceFactory = (cloud: Cloud) => Service;

export const SERVICES: readonly ServiceFactory[] = [
  logs,
  cloudwatch,
  s3,
  dynamodb,
  events,
  lambda,
  stepfunctions,
];
