/** A git host with one commit, and its pushes. */
import { createHmac } from 'node:crypto';
import * as Build from '../../lib/domain/builds/index.ts';
import * as Delivery from '../../lib/domain/delivery/index.ts';
import * as Trigger from '../../lib/domain/delivery/trigger.ts';
import { WEBHOOK_SECRET } from '../memory/index.ts';
import { ADMIN, world } from './world.ts';

export const SHA = '3f786850e387550fdab836ed7e6dc881de23001b';

export const PUSH = {
  ref: 'refs/heads/main',
  after: SHA,
  deleted: false,
  head_commit: { id: SHA },
  repository: { full_name: 'acme/hello' },
};

/** The signature of a webhook. */
export const sign = (body: string) =>
  `sha256=${createHmac('sha256', WEBHOOK_SECRET).update(body).digest('hex')}`;

export async function pushing() {
  const place = await world();
  place.ports.gitHost.commit('acme/hello', SHA, Buffer.from('a tar.gz'));
  return {
    place,
    receive(payload: unknown = PUSH, event = 'push') {
      const body = JSON.stringify(payload);
      return Delivery.receive(place.ports, {
        event,
        guid: '72d3162e-cc78-11e3-81ab-4c9367dc0958',
        signature: sign(body),
        body: Buffer.from(body),
      });
    },
    show: (id: string) => Delivery.get(place.ports, ADMIN, id),
    builds: async (project = place.project) =>
      (await Build.list(place.ports, [project], { limit: 10 })).items,
    /** Decides what a delivery builds, and builds it. */
    async trigger(deliveryId: string) {
      const { projects } = await Trigger.decide(place.ports, deliveryId);
      for (const project of projects) await Trigger.build(place.ports, deliveryId, project);
    },
  };
}
