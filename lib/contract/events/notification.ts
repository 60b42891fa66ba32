import { Notification } from '../../domain/notification/schema.ts';
import { newStatus } from './change.ts';
import { family } from './family.ts';
import { short } from './fields.ts';

const { shape } = Notification;

/** For Staithe itself: whoever could subscribe to these would be notified of notifications. */
export const notificationEvents = family({
  noun: 'Notification',
  entity: 'notification',
  version: 1,
  fields: {
    id: shape.id,
    subscription_id: shape.subscription_id,
    project_id: shape.project_id,
    event: short(100).describe('the event that it is about'),
  },
  statusOf: (change) => (newStatus(change) === 'pending' ? 'pending' : undefined),
  example: {
    id: 'ntf_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    subscription_id: 'sub_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    project_id: 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    event: 'Run Failed',
  },
  events: {
    pending: { when: 'A notification is due: it is new, its next attempt is due, or it was replayed.' },
  },
  earlier: {},
});
