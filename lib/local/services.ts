/** Every emulated service, one line each. The order is that of starting; stopping goes the other way around. */
import type { Cloud, Service } from './service.ts';

/** Makes a service. Called once, before any resource of the template is made. */
export type ServiceFactory = (cloud: Cloud) => Service;

export const SERVICES: readonly ServiceFactory[] = [];
