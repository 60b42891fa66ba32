/** The secret that signs the webhooks of a subscription. */
import type { Ports } from '../ports/index.ts';

/** 256 random bits in the form of https://www.standardwebhooks.com/ ("Signature scheme"). */
export const newSecret = ({ randomness }: Pick<Ports, 'randomness'>): string =>
  `whsec_${Buffer.from(randomness.secret(), 'base64url').toString('base64')}`;
