/** X.509 certificates of a test's own (RFC 5280, section 4.1), in DER (ITU-T X.690): Node reads them and makes none. */
import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';

const der = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const { length } = body;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
};
const sequence = (...parts: readonly Buffer[]) => der(0x30, ...parts);
const integer = (value: number) => der(0x02, Buffer.from([value]));
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));

const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));
const COMMON_NAME = oid('550403');
const BASIC_CONSTRAINTS = oid('551d13');
const SUBJECT_ALT_NAME = oid('551d11');

const nameOf = (text: string) => sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(text)))));
/** GeneralizedTime: `20261129000000Z`. */
const timeOf = (date: Date) =>
  der(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));
const extension = (id: Buffer, value: Buffer) => sequence(id, der(0x04, value));

export interface Identity {
  readonly name: string;
  readonly key: KeyObject;
  /** PEM. */
  readonly cert: string;
  /** PEM of the key. */
  readonly secret: string;
}

const DAY_MS = 86_400_000;

/**
 * @param options.issuer who signs it; itself when absent
 * @param options.host what it is for; an authority when absent
 * @param options.days from now until it ends; less than 0 has ended
 */
export function identity(
  name: string,
  { issuer, host, days = 30 }: { issuer?: Identity; host?: string; days?: number } = {},
): Identity {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const alternative = host === undefined ? undefined : sequence(der(0x82, Buffer.from(host)));
  const authority = sequence(...(host === undefined ? [der(0x01, Buffer.from([0xff]))] : []));
  const now = Date.now();
  const content = sequence(
    der(0xa0, integer(2)),
    integer(Math.ceil(Math.random() * 100)),
    ECDSA_WITH_SHA256,
    nameOf(issuer?.name ?? name),
    sequence(timeOf(new Date(now - 60 * DAY_MS)), timeOf(new Date(now + days * DAY_MS))),
    nameOf(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(
      0xa3,
      sequence(
        extension(BASIC_CONSTRAINTS, authority),
        ...(alternative === undefined ? [] : [extension(SUBJECT_ALT_NAME, alternative)]),
      ),
    ),
  );
  const signature = createSign('sha256')
    .update(content)
    .sign(issuer?.key ?? privateKey);
  const whole = sequence(content, ECDSA_WITH_SHA256, der(0x03, Buffer.from([0]), signature));
  return {
    name,
    key: privateKey,
    cert: `-----BEGIN CERTIFICATE-----\n${whole.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    secret: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
